-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Which opening balances were ever booked to which account: an entry's postings say so, and no index leads from an account to
-- the few of its postings that are of openings.
create table account_openings (
  tenant_id uuid not null,
  account_id uuid not null,
  entry_id uuid not null,
  primary key (tenant_id, account_id, entry_id)
);
call protect_tenant_table('account_openings', 'select, insert');

-- A trigger, so that nothing that books can forget it. When it fires, the statement has written the postings too; whatever
-- books something else pays for a comparison of two words.
create function note_opening() returns trigger
language plpgsql set search_path from current as $$
begin
  insert into account_openings (tenant_id, account_id, entry_id)
  select distinct new.tenant_id, postings.ledger_account_id, new.id
  from postings
  where postings.tenant_id = new.tenant_id and postings.recorded_at = new.recorded_at and postings.entry_id = new.id
    -- Where all of them come from.
    and postings.ledger_account_id <> '00000000-0000-7000-8000-000000000004';
  return null;
end
$$;
create trigger opening_is_noted after insert on journal_entries
  for each row when (new.kind = 'opening') execute function note_opening();

alter table journal_entries no force row level security;
alter table postings no force row level security;
alter table account_openings no force row level security;
insert into account_openings (tenant_id, account_id, entry_id)
select distinct entry.tenant_id, postings.ledger_account_id, entry.id
from journal_entries as entry
join postings on postings.tenant_id = entry.tenant_id and postings.recorded_at = entry.recorded_at
  and postings.entry_id = entry.id
where entry.kind = 'opening' and postings.ledger_account_id <> '00000000-0000-7000-8000-000000000004';
alter table account_openings force row level security;
alter table postings force row level security;
alter table journal_entries force row level security;

-- Down Migration

drop trigger opening_is_noted on journal_entries;
drop function note_opening();
drop table account_openings;
