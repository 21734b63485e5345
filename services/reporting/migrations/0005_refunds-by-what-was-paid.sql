-- Up Migration

-- A refund may be worth nothing in the tenant's currency, and has no sign there. Null: projected before this, and told by the
-- booked amount, until another state of the expense or a rebuild says more.
alter table expense_facts add column is_refund boolean;
alter table rebuild_expenses add column is_refund boolean;

-- Down Migration

-- Refunds worth nothing go on to be counted until the tenant is rebuilt.
alter table rebuild_expenses drop column is_refund;
alter table expense_facts drop column is_refund;
