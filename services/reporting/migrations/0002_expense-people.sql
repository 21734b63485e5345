-- Up Migration

-- Whose an expense is, so that people can be shown their own figures. What was projected before this is nobody's until
-- the tenant is rebuilt from the ledger.
alter table expense_facts add column user_id uuid;
alter table rebuild_expenses add column user_id uuid;

-- One person's month is read from their facts, which are few; totals by person would be another row to lock in each
-- batch of a tenant.
create index expense_facts_by_user on expense_facts (tenant_id, user_id, expense_date);

-- Down Migration

drop index expense_facts_by_user;
alter table rebuild_expenses drop column user_id;
alter table expense_facts drop column user_id;
