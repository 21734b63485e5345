-- Up Migration

-- The ledger is asked for a currency between two transactions. The first notes the asking, so that whatever becomes of it is
-- settled: `currency_asking` counts them, by which the ledger tells the newest; `currency_asked_until` is until when others wait
-- for it, and null once the settings and the books are known to be the same. Tenants that are there already are looked at once.
alter table tenants
  add column currency_asking bigint not null default 0,
  add column currency_asked_until timestamptz default now();
alter table tenants alter column currency_asked_until drop default;
create index tenants_asked on tenants (currency_asked_until) where currency_asked_until is not null;

-- Down Migration

drop index tenants_asked;
alter table tenants drop column currency_asking, drop column currency_asked_until;
