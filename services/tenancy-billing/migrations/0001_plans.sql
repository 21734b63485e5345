-- Up Migration

-- What is on offer. A plan that changes gets a new version; a subscriber keeps the version bought.
create table plans (
  code text not null,
  version integer not null check (version > 0),
  name text not null,
  created_at timestamptz not null default now(),
  primary key (code, version)
);
call protect_global_table('plans', 'select');

-- How much of something a plan allows. No limit_value means no limit. A soft limit warns, a hard one refuses.
create table plan_limits (
  plan_code text not null,
  plan_version integer not null,
  metric text not null check (metric in ('users', 'projects', 'accounts', 'expenses_per_project', 'expenses_total')),
  limit_value bigint check (limit_value >= 0),
  mode text not null check (mode in ('soft', 'hard')),
  primary key (plan_code, plan_version, metric),
  foreign key (plan_code, plan_version) references plans (code, version)
);
call protect_global_table('plan_limits', 'select');

-- Row-level security is forced on the owner too, so the seed needs a policy for as long as it takes.
create policy seed on plans using (true) with check (true);
create policy seed on plan_limits using (true) with check (true);
insert into plans (code, version, name) values ('basic', 1, 'Basic'), ('professional', 1, 'Professional');
insert into plan_limits (plan_code, plan_version, metric, limit_value, mode) values
  ('basic', 1, 'users', 1, 'hard'),
  ('basic', 1, 'projects', 3, 'hard'),
  ('basic', 1, 'accounts', 3, 'hard'),
  ('basic', 1, 'expenses_per_project', 100, 'soft'),
  ('basic', 1, 'expenses_total', 100000, 'hard'),
  ('professional', 1, 'users', 25, 'hard'),
  ('professional', 1, 'projects', null, 'hard'),
  ('professional', 1, 'accounts', null, 'hard'),
  ('professional', 1, 'expenses_per_project', null, 'soft'),
  ('professional', 1, 'expenses_total', null, 'hard');
drop policy seed on plan_limits;
drop policy seed on plans;

-- Down Migration

drop table plan_limits;
drop table plans;
