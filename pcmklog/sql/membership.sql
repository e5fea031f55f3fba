-- memberships of the ring, once each: when the first node logged it, who was in it as its nodes saw it, who came and who
-- went since what they saw before.  `ring` is null where lines name none (CMAN, Corosync 1.x without the plugin).
create table membership as
with told as (
  select id, node, ts, fields->>'ring' as ring, null as size from event
  where kind = 'totem.membership_formed' and ts is not null and node is not null
  union all   -- the plugin knows the ring that Corosync 1.x does not name
  select id, node, ts, fields->>'ring', fields->>'count' from event
  where kind = 'plugin.membership_stable' and ts is not null and node is not null
),
named as (   -- of a node that names its rings the lines that name none are the same once more
  select *, nullif(ring, '') is null and count(nullif(ring, '')) over (partition by node) > 0 as again from told
),
seen as (
  select node, value, since, lag(value) over (partition by node order by since) as before
  from state where aspect = 'members'
),
placed as (   -- the members are told within the same second, before the ring or behind it; of two changes the nearer one
  select n.*, f.since <= n.ts + 1.0 and f.since < coalesce(n.next, 'infinity') and f.since - n.ts < coalesce(n.ts - s.since, 'infinity')
      as behind, s as was, f as came
  from (select *, lead(ts) over (partition by node order by ts, id) as next from named where not again) n
  asof left join seen s on s.node = n.node and n.ts >= s.since
  asof left join seen f on f.node = n.node and n.ts <= f.since
),
viewed as (
  select p.*, case when p.size = '1' then [p.node] when s.value not in ('none', 'unknown') then str_split(s.value, ', ') end
      as members,
    case when s.before in ('none', 'unknown') then [] else str_split(coalesce(s.before, ''), ', ') end as before,
    s.since >= p.ts - 1 as anew
  from (select *, case when behind then came else was end as s from placed) p
),
keyed as (
  select *, coalesce(array_to_string(members, ' '), '') as key from viewed   -- rings of the plugin are numbers alone
),
spaced as (   -- the same ring or members much later is another membership
  select *, coalesce(ts - lag(ts) over (partition by ring, key order by ts, id) > 30, true) as fresh from keyed
),
counted as (
  select *, sum(fresh::integer) over (partition by ring, key order by ts, id rows unbounded preceding) as time from spaced
)
select
  nullif(ring, '') as ring,
  min(ts) as ts,
  list_sort(list_distinct(coalesce(flatten(list(members) filter (where members is not null)), list(node)))) as members,
  coalesce(list_sort(list_distinct(flatten(list(
    [name for name in members if not list_contains(before, name)]) filter (where anew and members is not null)
  ))), []) as joined,
  coalesce(list_sort(list_distinct(flatten(list(
    [name for name in before if name <> '' and not list_contains(members, name)])
    filter (where anew and members is not null)
  ))), []) as gone,
  arg_min(id, (ts, id)) as event    -- the first that told it
from counted
group by ring, key, time;
