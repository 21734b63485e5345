-- Up Migration

-- What one person or key did, in the order in which it is read; without it, all that the others did is read too. Whoever
-- writes pays a hundredth of an expense for it.
create index audit_entries_by_actor on audit_entries (tenant_id, actor_id, id);

-- Down Migration

drop index audit_entries_by_actor;
