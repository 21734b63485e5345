-- Up Migration

-- A sum of many amounts that each fit into 64 bits need not. The table is rewritten under a lock, two seconds for a
-- million totals: events wait on the bus for that long, and so do figures.
alter table month_totals
  alter column total_minor type numeric,
  alter column refunds_total_minor type numeric,
  add constraint month_totals_are_whole
    check (total_minor = trunc(total_minor) and refunds_total_minor = trunc(refunds_total_minor));

-- Down Migration

-- Fails where a sum is longer than 64 bits.
alter table month_totals
  drop constraint month_totals_are_whole,
  alter column total_minor type bigint,
  alter column refunds_total_minor type bigint;
