-- Up Migration

-- What the ledger must know of a tenant to book for it, kept up to date by tenancy-billing's events.
create table tenants (
  tenant_id uuid primary key,
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  -- When the currency was chosen here; an event that is older does not undo it.
  currency_set_at timestamptz not null default now(),
  -- Set by the tenant's first booking, in its own transaction; from then on the currency cannot change. A booking that
  -- sees it set needs no lock to rely on the currency.
  currency_fixed_at timestamptz,
  timezone text not null default 'UTC',
  date_format text not null default 'YYYY-MM-DD',
  -- Version of the tenant that the settings are from.
  settings_version bigint not null default 0,
  plan text not null default 'basic',
  -- [{"metric", "limit" (absent: unlimited), "mode": "soft"|"hard"}]
  entitlements jsonb not null default '[]',
  -- Version of the tenant that the entitlements are from.
  entitlements_version bigint not null default 0,
  updated_at timestamptz not null default now()
);
call protect_tenant_table('tenants', 'select, insert, update');

-- Down Migration

drop table tenants;
