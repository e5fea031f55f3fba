-- What the front end fills.  Times are seconds since 1970-01-01 UTC (double) unless a comment says otherwise.

-- one row per file of the bundle
create table source (
  id integer primary key,
  path varchar,          -- inside the bundle; `outer.tar.gz!inner/path` in an archive in the archive
  role varchar,          -- log, config, text, extract (repeats lines of others), binary
  format varchar,        -- the header format that most of its events had; of other files what they are, if that is known
  host varchar,          -- the host name that most of its events carry
  node varchar,          -- whose file it is; null for files of the whole cluster
  bytes bigint,
  lines bigint,
  first_line bigint,     -- where its first line stands in the file at `path`; 1 but for a section of a text.  All other
                         -- tables count lines from the beginning of the source
  parsed bigint,         -- lines with a known header; in a log parsed + continued + unknown = lines
  continued bigint,      -- lines without a header that belong to the record before them
  unknown bigint,        -- lines before the first header, and those with a stamp under a header that is not known
  classified bigint,     -- lines that a template recognised
  cut_lines integer,     -- lines that were too long and were cut
  mtime double,
  digest varchar,        -- of the content; equal digests are the same file twice
  same_as integer,       -- the first source with the same content
  base_year integer,     -- the year to which stamps without a year belong (its first line)
  first_year integer, first_local double, first_zone integer,   -- first and last stamp as read, see raw_event
  last_year integer, last_local double, last_zone integer,
  first_ts double,       -- first and last stamp on the cluster clock
  last_ts double,
  note varchar
);

-- neighbours among the files of a log that was rotated
create table rotation (
  older integer,         -- sources
  newer integer,
  missing integer        -- how many files between them the bundle lacks, as far as their numbers tell
);

-- where a rotated file of cluster messages is missing between two others, and no other log of the node goes over it
create view log_hole as
select o.node, o.last_ts as began, n.first_ts as until, r.older, r.newer, r.missing
from rotation r join source o on o.id = r.older join source n on n.id = r.newer
where r.missing > 0 and o.node = n.node and o.classified > 0 and n.classified > 0 and not exists (
  select 1 from source c
  where c.node = n.node and c.role = 'log' and c.classified > 0 and c.first_ts <= o.last_ts and c.last_ts >= n.first_ts
);

-- where the raw text is: blocks of about a megabyte; first and last stamp as in source
create table chunk (
  source integer,
  first_line bigint,     -- 1-based
  lines bigint,
  first_year integer, first_local double, first_zone integer,
  last_year integer, last_local double, last_zone integer,
  place bigint,          -- of its zstd frame in all the text; a kept database has that as the table page
  size integer           -- of the frame in bytes
);

-- a line that a template recognised, as it stands in one source; `event` is what remains when witnesses are joined
create table raw_event (
  source integer,
  line bigint,
  year integer,          -- the year; below 1000 the stamp had none, and this counts the turns of the year in the source
  local double,          -- seconds since 1970 on the clock face of the writer; stamps without a year are put into 2000
  zone integer,          -- seconds east of Greenwich if the stamp says so
  digits tinyint,        -- decimals of the stamp; -1: the line has none and takes that of the line before
  host varchar,
  daemon varchar,        -- the program as logged
  subsystem varchar,     -- Corosync's
  pid integer,
  kind varchar,
  template integer,      -- number of the template, -1 none (kinds log.unexplained, agent.complained)
  level varchar,
  text varchar,          -- the message from the template's first word on
  fields varchar         -- JSON object of the template's holes
);

-- values of configuration and inventory files
create table setting (
  source integer,
  node varchar,          -- whose file it is
  file varchar,          -- its kind: corosync.conf, cluster.conf, cib.xml, packages, hosts ...
  path varchar,          -- service[0].ver
  value varchar,
  line bigint
);

-- where a configuration file is wrong
create table config_error (
  source integer,
  node varchar,
  line bigint,
  "column" bigint,
  text varchar
);

-- what could not be read or was left out
create table note (
  code varchar,
  path varchar,
  text varchar
);

-- the programs we know
create table daemon (
  name varchar,
  role varchar,          -- messaging, mcp, cib, fencer, executor, attrd, scheduler, controller, fenced ...
  family varchar
);
