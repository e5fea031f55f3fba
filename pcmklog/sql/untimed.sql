-- A file without any stamp that another one tells too (Corosync with `timestamp: off`, beside syslog): the nth time that
-- it says a thing is the nth time there, if both say it equally often.
create temp table untimed as
with counted as (
  select id, source, logged, key, row_number() over (partition by source, key order by line) as nth,
    count(*) over (partition by source, key) as times
  from fact
  where key in (select key from fact where logged is null)
),
bare as (select source from fact group by source having bool_and(logged is null))
select u.id as fact, min(t.id) as timed
from counted u join counted t on t.key = u.key and t.nth = u.nth and t.times = u.times and t.logged is not null
where u.source in (from bare)
group by u.id;

insert into same_fact
select distinct timed, timed from untimed where timed not in (select fact from same_fact);

insert into same_fact
select u.fact, s.leader from untimed u join same_fact s on s.fact = u.timed;

drop table untimed;
