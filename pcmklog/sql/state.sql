-- The state of every node at any moment, and what was done to it.  Times are seconds since 1970 UTC on the cluster clock.

-- who a node id is, by what most and best witnesses say
create table member_name (nodeid varchar, name varchar);

-- a moment at which one thing about a node became something else; several may say the same
create table state_change (
  node varchar,
  aspect varchar,         -- see state
  value varchar,
  ts double,
  event bigint,           -- the line that says so
  n bigint                -- the order of those of one moment
);

-- what was so from when to when: one row while a value lasts
create table state (
  node varchar,           -- of the node: as it saw the thing itself; `fencing` and `shutdown` as its peers said it
  aspect varchar,         -- ring, members, quorum, dc, fencing, standby, maintenance, or a daemon as `daemon.<role>`
  value varchar,          -- see state/changes.py; `unknown` where no log covers it, `none` where there was none
  since double,
  until double,           -- the next change, or the end of the node's logs
  proof bigint            -- the event that says so; null: it follows from the end of the log
);

-- what the fencers were asked to do, one row for each request
create table fencing (
  id integer,
  target varchar,
  action varchar,         -- reboot, off; null when nothing tells
  operation varchar,      -- the first eight digits of the fencer's id of the operation
  origin varchar,         -- the node that asked
  client varchar,         -- the daemon or program that asked
  reason varchar,         -- as the scheduler gave it
  device varchar,
  executor varchar,       -- the node whose fencer did it
  wanted double,          -- the scheduler decided it, or somebody asked
  wanted_event bigint,
  tried double,           -- a fencer was asked
  ended double,           -- its result
  outcome varchar,        -- succeeded, failed, confirmed (by hand), no result, not tried
  said varchar,           -- why it failed, in the words of the log
  returned double,        -- the target was seen alive again
  returned_event bigint,
  events bigint[]         -- all that tells of it: the result first, then the devices, then the requests
);

-- that a node left the membership, as one other saw it
create table departure (
  node varchar,
  observer varchar,
  ts double,
  event bigint,
  back double,            -- when the observer had it again
  back_event bigint,
  quorate boolean,        -- the observer had quorum then
  heeded boolean          -- false: only a side without quorum missed it, while another with quorum missed others
);

-- a node that was taken out of service or fell out of it, with what the cluster did about it
create table operation (
  id integer,
  kind varchar,           -- shutdown (in order), failover (the node was lost or fenced)
  node varchar,
  asked_by varchar,       -- who wanted it, in words; null when nothing tells
  began double,
  ended double,           -- the last thing the cluster did about it
  outcome varchar,        -- of the shutdown as in `sequence`; recovered, partly recovered, not recovered, nothing to do
  transitions varchar[],  -- numbers of the transitions that carried it out
  scheduler varchar,      -- the node that computed them
  fencing integer,        -- the row of `fencing` that it waited for
  events bigint[]
);

-- a resource that the operation moved, started or stopped
create table operation_move (
  operation integer,
  n integer,
  resource varchar,
  action varchar,         -- move, recover, start, stop, restart, promote, demote
  source varchar,         -- the node it left; null when it was not active
  target varchar,         -- the node it went to; null for a stop
  planned double,
  planned_event bigint,
  done double,
  done_event bigint,
  outcome varchar         -- ok, failed, no result
);

-- what must hold in any cluster, and whether it did
create table invariant (
  id integer,
  name varchar,
  sentence varchar,
  status varchar,         -- holds, violated, not checkable
  codes varchar[],        -- of the rules that tell a violation
  compared bigint,        -- how often it was looked at
  what varchar,           -- what was compared, in words
  lacks varchar           -- why nothing could be
);

-- where it did not
create table breach (invariant integer, nodes varchar[], ts double, text varchar, events bigint[], until double);
