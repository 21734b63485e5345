-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- What is owed on cards and loans is a liability; what the other kinds hold is an asset.
create function account_class(kind text) returns text
language sql immutable parallel safe as $$
  select case when kind in ('card', 'loan') then 'liability' else 'asset' end
$$;

-- Of what class an account was is kept as its name is: another kind may make it another one.
create or replace function keep_former_ledger_account() returns trigger
language plpgsql set search_path from current as $$
declare
  named_at timestamptz := coalesce(old.named_at, old.created_at);
  -- now() is when the transaction began: another one may have begun later, and given the name that is replaced here.
  until timestamptz := greatest(now(), named_at + interval '1 microsecond');
  class text := 'expense';
begin
  if tg_table_name = 'accounts' then
    class := account_class(old.kind);
  end if;
  -- Renamed twice in a transaction: nobody has seen what was between.
  if named_at <> now() then
    insert into former_ledger_accounts (tenant_id, id, known_from, known_until, class, name)
    values (old.tenant_id, old.id, named_at, until, class, old.name);
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  new.named_at := case when named_at = now() then now() else until end;
  return new;
end
$$;
drop trigger former_name_is_kept on accounts;
create trigger former_name_is_kept before update of name, kind on accounts
  for each row
  when (old.name <> new.name or account_class(old.kind) <> account_class(new.kind))
  execute function keep_former_ledger_account();

-- Each was shown as an asset until now, and whoever asks for the books as they were known before goes on to see that. The
-- owner sees all tenants for as long as this takes.
alter table accounts no force row level security;
alter table former_ledger_accounts no force row level security;
insert into former_ledger_accounts (tenant_id, id, known_from, known_until, class, name)
select accounts.tenant_id, accounts.id, coalesce(accounts.named_at, accounts.created_at), now(), 'asset', accounts.name
from accounts
where account_class(accounts.kind) = 'liability' and coalesce(accounts.named_at, accounts.created_at) < now();
update accounts set named_at = now()
where account_class(accounts.kind) = 'liability' and coalesce(accounts.named_at, accounts.created_at) < now();
alter table former_ledger_accounts force row level security;
alter table accounts force row level security;

create or replace view ledger_accounts with (security_invoker = true) as
select categories.tenant_id, categories.id, 'expense' as class, categories.name,
  coalesce(categories.named_at, categories.created_at) as created_at
from categories
union all
select accounts.tenant_id, accounts.id, account_class(accounts.kind), accounts.name,
  coalesce(accounts.named_at, accounts.created_at)
from accounts
union all
select tenants.tenant_id, fixed.id, fixed.class, fixed.name, '-infinity'::timestamptz
from tenants
cross join (values
  ('00000000-0000-7000-8000-000000000001'::uuid, 'expense', 'Uncategorised'),
  ('00000000-0000-7000-8000-000000000002'::uuid, 'asset', 'Unassigned'),
  ('00000000-0000-7000-8000-000000000003'::uuid, 'equity', 'Currency exchange'),
  ('00000000-0000-7000-8000-000000000004'::uuid, 'equity', 'Opening balances')
) as fixed (id, class, name);

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

create or replace view ledger_accounts with (security_invoker = true) as
select categories.tenant_id, categories.id, 'expense' as class, categories.name,
  coalesce(categories.named_at, categories.created_at) as created_at
from categories
union all
select accounts.tenant_id, accounts.id, 'asset', accounts.name, coalesce(accounts.named_at, accounts.created_at)
from accounts
union all
select tenants.tenant_id, fixed.id, fixed.class, fixed.name, '-infinity'::timestamptz
from tenants
cross join (values
  ('00000000-0000-7000-8000-000000000001'::uuid, 'expense', 'Uncategorised'),
  ('00000000-0000-7000-8000-000000000002'::uuid, 'asset', 'Unassigned'),
  ('00000000-0000-7000-8000-000000000003'::uuid, 'equity', 'Currency exchange'),
  ('00000000-0000-7000-8000-000000000004'::uuid, 'equity', 'Opening balances')
) as fixed (id, class, name);

-- What was shown as a liability until now goes on to be, for whoever asks for an instant before.
alter table accounts no force row level security;
alter table former_ledger_accounts no force row level security;
insert into former_ledger_accounts (tenant_id, id, known_from, known_until, class, name)
select accounts.tenant_id, accounts.id, coalesce(accounts.named_at, accounts.created_at), now(), 'liability',
  accounts.name
from accounts
where account_class(accounts.kind) = 'liability' and coalesce(accounts.named_at, accounts.created_at) < now();
update accounts set named_at = now()
where account_class(accounts.kind) = 'liability' and coalesce(accounts.named_at, accounts.created_at) < now();
alter table former_ledger_accounts force row level security;
alter table accounts force row level security;

create or replace function keep_former_ledger_account() returns trigger
language plpgsql set search_path from current as $$
declare
  named_at timestamptz := coalesce(old.named_at, old.created_at);
  -- now() is when the transaction began: another one may have begun later, and given the name that is replaced here.
  until timestamptz := greatest(now(), named_at + interval '1 microsecond');
begin
  -- Renamed twice in a transaction: nobody has seen what was between.
  if named_at <> now() then
    insert into former_ledger_accounts (tenant_id, id, known_from, known_until, class, name)
    values (old.tenant_id, old.id, named_at, until, tg_argv[0], old.name);
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  new.named_at := case when named_at = now() then now() else until end;
  return new;
end
$$;
drop trigger former_name_is_kept on accounts;
create trigger former_name_is_kept before update of name on accounts
  for each row when (old.name <> new.name) execute function keep_former_ledger_account('asset');
drop function account_class(text);
