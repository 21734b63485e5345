-- Up Migration

alter table deliveries
  -- Whose mail it is, where that is known: by it a person's mails are found when their data is to be forgotten.
  add column user_id uuid,
  -- What goes first, the smaller the sooner; as in the queue of jobs.
  add column priority smallint not null default 0,
  -- Null: the person was erased, and nobody knows any more to whom it went.
  alter column recipient drop not null,
  drop constraint deliveries_status_check,
  -- cancelled: the person was erased before it left.
  add constraint deliveries_status_check
    check (status in ('pending', 'sending', 'sent', 'failed', 'unknown', 'cancelled'));
create index deliveries_of_person on deliveries (tenant_id, user_id) where user_id is not null;
-- The walk over what is overdue must find what goes first however much else waits.
drop index deliveries_due;
create index deliveries_due on deliveries (priority, due_at) where due_at is not null;

-- The owner's welcome mail has been about the owner from the beginning.
create policy backfill on deliveries using (true) with check (true);
update deliveries set user_id = about_id where kind = 'welcome';
drop policy backfill on deliveries;

alter table delivery_attempts
  drop constraint delivery_attempts_outcome_check,
  -- cancelled: not sent, as the person was erased; expired: not sent, as what it offered had ended.
  add constraint delivery_attempts_outcome_check check (
    outcome in (
      'sending', 'interrupted', 'sent', 'found', 'refused', 'failed', 'unknown', 'unsettled', 'cancelled', 'expired'
    )
  );

-- Who was erased in a tenant. An event about them that comes late must not bring back what was forgotten.
create table erased_people (
  tenant_id uuid not null,
  user_id uuid not null,
  erased_at timestamptz not null,
  primary key (tenant_id, user_id)
);
call protect_tenant_table('erased_people', 'select, insert');

-- Down Migration

drop table erased_people;
create policy backfill on delivery_attempts using (true) with check (true);
update delivery_attempts set outcome = 'refused' where outcome in ('cancelled', 'expired');
drop policy backfill on delivery_attempts;
alter table delivery_attempts
  drop constraint delivery_attempts_outcome_check,
  add constraint delivery_attempts_outcome_check
    check (outcome in ('sending', 'interrupted', 'sent', 'found', 'refused', 'failed', 'unknown', 'unsettled'));
drop index deliveries_due;
create index deliveries_due on deliveries (due_at) where due_at is not null;
drop index deliveries_of_person;
create policy backfill on deliveries using (true) with check (true);
-- What was forgotten does not come back; each keeps a recipient of its own, as they must differ.
update deliveries set recipient = 'erased-' || id where recipient is null;
update deliveries set status = 'failed' where status = 'cancelled';
drop policy backfill on deliveries;
alter table deliveries
  drop constraint deliveries_status_check,
  add constraint deliveries_status_check check (status in ('pending', 'sending', 'sent', 'failed', 'unknown')),
  alter column recipient set not null,
  drop column priority,
  drop column user_id;
