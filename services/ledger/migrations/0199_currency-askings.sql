-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Which of tenancy-billing's askings for a currency the newest one is that was heard here: those before it count no more, however
-- late they come. currency_set_at, which this replaces, is left to processes of the version before, which write it.
alter table tenants add column currency_asking bigint not null default 0;

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

alter table tenants drop column currency_asking;
