-- Up Migration

-- Expenses that a restatement could not book at the rate that is in force now: all are counted, and the first fifty named.
alter table restatements
  add column left_out integer not null default 0,
  -- [{"expense_id", "reason"}], with a reason of those in src/rates/restate-expenses.ts.
  add column left_out_expenses jsonb not null default '[]';

-- Down Migration

alter table restatements
  drop column left_out_expenses,
  drop column left_out;
