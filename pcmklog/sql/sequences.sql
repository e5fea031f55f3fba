-- Lives, starts and stops.  Times are seconds since 1970 UTC on the cluster clock; *_event are ids of the table event.

-- one row per node: members of the configuration without logs included
create table node (
  name varchar,
  nodeid varchar,
  addresses varchar[],
  stack varchar,          -- plugin-v0, plugin-v1, cman, corosync, heartbeat; null when nothing tells
  configured varchar,     -- what its configuration files ask for
  plugin_ver integer,     -- 0 or 1 with the plugin
  corosync varchar, cman varchar, pacemaker varchar, feature_set varchar,   -- releases; the last seen
  first_ts double, last_ts double,   -- its first and last event
  has_logs boolean
);

-- one incarnation of a daemon on a node
create table life (
  id integer,
  node varchar,
  daemon varchar,         -- as logged: corosync, pacemakerd, crmd ...
  role varchar,           -- messaging, mcp, cib, fencer, executor, attrd, scheduler, controller, fenced ...
  pid integer,
  parent integer,         -- the life that forked it; null: init, or not known
  adopted boolean,        -- a later pacemakerd found it and took it over
  began double,           -- null: it was running when the log begins
  ready double,           -- Corosync: services synchronised; pacemakerd: accepts connections
  stopping double,        -- asked to stop
  ended double,
  how varchar,            -- stopped exited killed refused failed lost running unknown (see sequences/lives.py)
  status integer,
  signal integer,
  version varchar,
  last double,            -- its last line
  began_event bigint, ready_event bigint, stopping_event bigint, ended_event bigint, refused_event bigint, adopted_event bigint,
  last_event bigint,
  stack varchar           -- of a life of the messaging layer
);

-- a boot in the middle of a node's log; `last` and `last_event` are the last sign of life of a cluster daemon before it
create table boot (node varchar, ts double, event bigint, last double, last_event bigint);

-- a start or a stop of a node as rebuilt
create table sequence (
  id integer,
  node varchar,
  kind varchar,           -- startup, shutdown
  stack varchar,
  began double,
  ended double,
  outcome varchar,        -- complete incomplete failed refused killed crashed
  layers varchar,         -- which layers it concerns: messaging, pacemaker, messaging+pacemaker
  version varchar,        -- Pacemaker's release
  messaging integer,      -- the lives concerned
  mcp integer
);

create table step (sequence integer, n integer, step varchar, daemon varchar, pid integer, ts double, event bigint);

create table deviation (
  sequence integer, n integer,
  kind varchar,           -- missing out-of-order unexpected repeated slow
  step varchar,
  after varchar,          -- the step that should have come before (out-of-order) or came before (slow)
  seconds double,
  event bigint
);
