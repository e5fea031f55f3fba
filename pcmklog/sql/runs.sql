-- The rows of `shown` in the order of time; what a node says again within a minute, with nothing else between, is one
-- row.  Numbers may differ, but each membership is a fact of its own.
with keyed as (
  select *, hash(daemon, kind, case when kind like '%.membership_%' then text
    else regexp_replace(text, '\b[0-9a-f]*[0-9][0-9a-f]*\b', '#', 'g') end) as what
  from shown
), marked as (
  select *, (what is distinct from lag(what) over lane or ts - lag(ts) over lane > 60)::int as fresh from keyed
  window lane as (partition by node order by ts, id)
), numbered as (
  select *, sum(fresh) over (partition by node order by ts, id rows unbounded preceding) as run from marked
)
select
  first(id order by ts, id) as id,
  min(ts) as ts, max(ts) as until,
  first(logged order by ts, id) as logged, first(face order by ts, id) as face, first(digits order by ts, id) as digits,
  node, any_value(daemon) as daemon, first(subsystem order by ts, id) as subsystem, first(pid order by ts, id) as pid,
  any_value(kind) as kind, arg_max(level, severity) as level, max(severity) as severity,
  first(text order by ts, id) as text,
  first(file order by ts, id) as file, first(line order by ts, id) as line,
  count(*) as count,
  list_distinct(flatten(list(findings) filter (findings is not null))) as findings
from numbered
group by node, run
order by ts, id
