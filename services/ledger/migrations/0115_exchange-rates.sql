-- Up Migration

-- What one euro is worth in each currency, as the European Central Bank publishes it, for every tenant. A correction is
-- another revision; nothing is rewritten. Each revision came with an import.
create table platform_rate_imports (
  id uuid primary key,
  recorded_at timestamptz not null default now(),
  -- Who brought the file: a person of the platform, or the service that fetched it.
  actor_kind text not null,
  actor_id text not null,
  request_id text not null,
  idempotency_key text,
  -- SHA-256 of the file.
  file_hash bytea not null check (length(file_hash) = 32),
  added integer not null,
  corrected integer not null,
  unchanged integer not null,
  skipped_currencies text[] not null default '{}',
  -- Days of the file, and of those rates that are new or differ; null where there are none.
  date_from date,
  date_to date,
  changed_from date,
  changed_to date,
  -- When all tenants that have booked at its rates have been told, or nobody had to be.
  spread_at timestamptz
);
create unique index platform_rate_imports_key on platform_rate_imports (actor_id, idempotency_key)
  where idempotency_key is not null;
create index platform_rate_imports_to_spread on platform_rate_imports (recorded_at) where spread_at is null;
call protect_global_table('platform_rate_imports', 'select, insert, update (spread_at)');

create table platform_rates (
  rate_date date not null,
  currency char(3) not null check (currency ~ '^[A-Z]{3}$' and currency <> 'EUR'),
  -- From 1, without gaps. The highest one is in force.
  revision integer not null check (revision > 0),
  -- Units of the currency for one euro.
  rate numeric not null check (rate > 0),
  provider text not null,
  -- The import says how many it brought, so it is written after them.
  import_id uuid not null references platform_rate_imports (id) deferrable initially deferred,
  recorded_at timestamptz not null default now(),
  primary key (rate_date, currency, revision)
);
call protect_global_table('platform_rates', 'select, insert');

-- A tenant's own rates, of which the same holds: a correction or a withdrawal is another revision.
create table exchange_rates (
  tenant_id uuid not null,
  rate_date date not null,
  base_currency char(3) not null check (base_currency ~ '^[A-Z]{3}$'),
  quote_currency char(3) not null check (quote_currency ~ '^[A-Z]{3}$'),
  revision integer not null check (revision > 0),
  -- The same in all revisions of a pair and day.
  id uuid not null,
  -- Units of the quote currency for one of the base currency; null: withdrawn.
  rate numeric check (rate > 0),
  -- Where the tenant has it from, in its own words.
  provider text not null default '',
  recorded_at timestamptz not null default now(),
  actor_kind text not null,
  actor_id text not null,
  primary key (tenant_id, rate_date, base_currency, quote_currency, revision),
  check (base_currency <> quote_currency)
);
create unique index exchange_rates_id_key on exchange_rates (tenant_id, id, revision);
call protect_tenant_table('exchange_rates', 'select, insert');

-- Two more sources of the rate that something was booked at: the tenant's own list, and the platform's.
alter table journal_entries drop constraint journal_entries_rate_source_check;
alter table journal_entries add constraint journal_entries_rate_source_check
  check (rate_source in ('identity', 'billed', 'given', 'tenant', 'platform'));
alter table expenses drop constraint expenses_rate_source_check;
alter table expenses add constraint expenses_rate_source_check
  check (rate_source in ('identity', 'billed', 'given', 'tenant', 'platform'));

-- Down Migration

-- Fails where something was booked at such a rate: the journal is not cut.
alter table expenses drop constraint expenses_rate_source_check;
alter table expenses add constraint expenses_rate_source_check check (rate_source in ('identity', 'billed', 'given'));
alter table journal_entries drop constraint journal_entries_rate_source_check;
alter table journal_entries add constraint journal_entries_rate_source_check
  check (rate_source in ('identity', 'billed', 'given'));
drop table exchange_rates;
drop table platform_rates;
drop table platform_rate_imports;
