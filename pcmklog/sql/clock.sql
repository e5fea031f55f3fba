-- How far the clocks of the nodes are apart; filled by clock/.
create table clock (
  node varchar,
  reference varchar,      -- the node whose clock is taken as right
  offset_s double,        -- seconds ahead of it; of a clock that was set, after the last step; of one that drifts, in the middle
  zone_s double,          -- the part that is a time zone
  drift_ppm double,       -- seconds gained in a million; null unless the clock drifts
  anchors integer,        -- moments common with other nodes
  residual_ms double,     -- what the offset leaves unexplained
  error_s double,         -- by how much it may be wrong between its first and its last moment; null where nothing tells
  given boolean           -- the user said so
);

-- a clock that was set inside the log
create table clock_step (
  node varchar,
  event bigint,           -- the first line after it
  last_event bigint,      -- the last line before it
  logged double,          -- when that first line was written, by the clock of the node
  before_s double,        -- seconds ahead before and after
  after_s double
);

-- moments that two nodes logged, for clocks that are not steady
create table clock_anchor (
  node varchar,
  event bigint,
  peer_event bigint,
  ahead_s double          -- seconds ahead of the reference at this moment
);

-- the offset of each event of a node whose clock is not steady
create table event_shift (event bigint, source integer, line bigint, offset_s double);

-- rings of a node on its own, which are no common moment: two nodes with one id may both form the same
create table lonely_ring as
select id as event from (
  select id, kind, lead(kind) over later as next_kind, lead(fields->>'count') over later as next_count
  from event
  where kind in ('totem.membership_formed', 'quorum.members')
  window later as (partition by node, source order by line)
)
where kind = 'totem.membership_formed' and next_kind = 'quorum.members' and next_count = '1';
