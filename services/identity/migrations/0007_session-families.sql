-- Up Migration

-- All that descends from one log-in: its session, and those that were opened from it in other tenants. They are closed
-- together. The default makes a session that says nothing a family of its own.
alter table sessions add column family_id uuid not null default gen_random_uuid();
alter table sessions no force row level security;
update sessions set family_id = id;
alter table sessions force row level security;
create index sessions_family_id on sessions (family_id);

-- Down Migration

drop index sessions_family_id;
alter table sessions drop column family_id;
