-- Which release of a product a node ran: as its lines or package lists say, and as far as the wordings of its log tell.
create table release (
  node varchar,
  product varchar,       -- pacemaker, corosync, cman
  exact varchar,         -- as told, the last one; null when neither lines nor packages tell
  how varchar,           -- of `exact`: logged, package; null without it
  low varchar,           -- the wordings are those of this release or a later one; null: they do not tell
  high varchar,          -- ... and of this one or an earlier one
  wordings integer,      -- how many wordings tell
  against integer,       -- how many of them contradict the others; the range is wider for them
  event bigint,          -- the line that tells `exact`, or of which the range is narrowest
  package_source integer, package_line bigint   -- where the package list tells `exact`
);
