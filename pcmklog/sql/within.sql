-- Where in its second a line of whole seconds was written: after what stands above it in its file, and of that another
-- witness tells the fraction.
create temp table below as
select w.event, max(w.finer) as finer
from (
  select w.event, e.digits,
    max(case when e.digits > 0 and e.logged >= f.logged and e.logged < f.logged + 1 then e.ts end)
      over (partition by w.source, f.logged order by w.line rows unbounded preceding) as finer
  from (
    select * from witness
    where source in (select o.source from witness o join event p on p.id = o.event where o.rank > 1 and p.digits > 0)
  ) w
  join fact f on f.source = w.source and f.line = w.line
  join event e on e.id = w.event
  where f.digits = 0
) w
where w.digits = 0 and w.finer is not null
group by w.event;

update event set ts = b.finer + 1e-6
from below b where b.event = event.id and event.ts < b.finer and b.finer - event.ts < 1;

drop table below;
