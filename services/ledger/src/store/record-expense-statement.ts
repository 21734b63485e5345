/**
 * Books one expense in one statement and one round trip, in a transaction of its own.
 *
 * It reads like a program, and runs like one, because each step takes its rows from the step before:
 *
 * scope    sets the tenant. Nothing can be read before it: every other step starts from its row, through `lateral`
 *          subqueries that `offset 0` keeps from being turned round into joins that would read first.
 * found    one index lookup each for the tenant, the category, the account, the project and the idempotency key.
 * verdict  what is to be done with that, and the expense as clients and consumers will see it: the names are added here
 *          to the JSON that came as a parameter, as only the database knows them.
 * fixed    fixes the tenant's currency if this is its first booking. Later bookings see it fixed in `found` and take
 *          no lock: a fixed currency cannot change. Of several first bookings one gets the row, the others wait, find
 *          nothing left to update and are told to try again.
 * reserved writes the idempotency key with its hash and answer, to which the counting adds what soft limit it finds exceeded
 *          (migration 0195). A twin that runs at the same moment waits here for this
 *          transaction to end. If it commits, `on conflict do nothing` lets the twin go on with no row, and as the
 *          twin's snapshot is too old to read the answer, it is told to try again and finds it in `found` then.
 *          If it fails, the twin books.
 * booked   the one row that everything is written from, or none.
 *
 * Then entry, postings, expense, audit row and outbox row are inserted from `booked`. All or nothing of it is committed,
 * and triggers at the statement's end check the journal, count the expense within the tenant's plan (docs/adr/0020: an
 * error refuses, a notice warns) and have the entry sealed. The plan is generic (the same whatever the
 * parameters): index lookups by full primary key and inserts, no scan, so its cost does not depend on how much there is.
 *
 * It notifies nobody of the new outbox row. pg_notify takes a lock that is one for the whole server and held until the
 * commit is on disk, so that commits no longer share a flush: at 32 connections 2,300 a second instead of 5,400. The
 * caller wakes its own process's relay after the commit; if it dies before that, a relay finds the row by polling.
 *
 * outcome: `booked`; `try_again` (see above); `replayed` with the first answer; or why nothing was booked: `key_reused`,
 * `tenant_missing`, `currency_changed`, `reference_missing` (a name that was looked for is null), `reference_archived` (one
 * that was found takes nothing new).
 */
export const recordExpenseStatement = {
  name: 'record_expense',
  text: `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id,
    set_config('app.answered_actor', $5, true) as answered_actor, set_config('app.answered_key', $2, true) as answered_key
), found as materialized (
  select scope.tenant_id, tenant.currency, tenant.currency_fixed_at, category.name as category_name,
    account.name as account_name, project.name as project_name, category.archived_at as category_archived_at,
    account.archived_at as account_archived_at, project.archived_at as project_archived_at, stored.request_hash,
    stored.answer
  from scope
  left join lateral (
    select tenants.currency, tenants.currency_fixed_at from tenants
    where tenants.tenant_id = scope.tenant_id offset 0
  ) as tenant on true
  left join lateral (
    select categories.name, categories.archived_at from categories
    where categories.tenant_id = scope.tenant_id and categories.id = $18::uuid offset 0
  ) as category on true
  left join lateral (
    select accounts.name, accounts.archived_at from accounts
    where accounts.tenant_id = scope.tenant_id and accounts.id = $19::uuid offset 0
  ) as account on true
  left join lateral (
    select projects.name, projects.archived_at from projects
    where projects.tenant_id = scope.tenant_id and projects.id = $20::uuid offset 0
  ) as project on true
  left join lateral (
    select idempotency_keys.request_hash, idempotency_keys.answer from idempotency_keys
    where idempotency_keys.tenant_id = scope.tenant_id and idempotency_keys.actor_id = $5
      and idempotency_keys.operation = 'record_expense' and idempotency_keys.key = $2 offset 0
  ) as stored on true
), verdict as materialized (
  select found.tenant_id, found.currency_fixed_at, found.category_name, found.account_name, found.project_name,
    found.category_archived_at, found.account_archived_at, found.project_archived_at, found.answer,
    case
      when found.request_hash = $3::bytea then 'replayed'
      when found.request_hash is not null then 'key_reused'
      when found.currency is null then 'tenant_missing'
      when found.currency <> $12 then 'currency_changed'
      when ($18::uuid is not null and found.category_name is null)
        or ($19::uuid is not null and found.account_name is null)
        or ($20::uuid is not null and found.project_name is null) then 'reference_missing'
      when num_nonnulls(found.category_archived_at, found.account_archived_at, found.project_archived_at) > 0
        then 'reference_archived'
      else 'bookable'
    end as outcome,
    $28::jsonb #> '{data,expense}' || jsonb_strip_nulls(jsonb_build_object(
      'category', case when found.category_name is not null
        then jsonb_build_object('id', $18::uuid, 'name', found.category_name) end,
      'account', case when found.account_name is not null
        then jsonb_build_object('id', $19::uuid, 'name', found.account_name) end,
      'project', case when found.project_name is not null
        then jsonb_build_object('id', $20::uuid, 'name', found.project_name) end,
      'createdAt', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'updatedAt', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    )) as expense
  from found
), fixed as (
  update tenants set currency_fixed_at = now()
  where tenants.tenant_id = (
      select verdict.tenant_id from verdict
      where verdict.outcome = 'bookable' and verdict.currency_fixed_at is null
    )
    and tenants.currency_fixed_at is null and tenants.currency = $12
  returning tenants.tenant_id
), reserved as (
  insert into idempotency_keys (tenant_id, actor_id, operation, key, request_hash, answer)
  select verdict.tenant_id, $5, 'record_expense', $2, $3, jsonb_build_object('expense', verdict.expense)
  from verdict
  where verdict.outcome = 'bookable' and $2 is not null
    and (verdict.currency_fixed_at is not null or exists (select from fixed))
  on conflict do nothing
  returning idempotency_keys.key
), booked as materialized (
  select verdict.tenant_id, verdict.expense
  from verdict
  where verdict.outcome = 'bookable'
    and (verdict.currency_fixed_at is not null or exists (select from fixed))
    and ($2 is null or exists (select from reserved))
), entry as (
  insert into journal_entries (
    tenant_id, id, recorded_at, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date
  )
  select booked.tenant_id, $8::uuid, now(), $21::date, 'expense', $7::uuid, $10, $9::bigint, $13::numeric, $14, $15::date
  from booked
), lines as (
  insert into postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
  select booked.tenant_id, $8::uuid, posting.line, now(), posting.ledger_account_id, posting.currency, posting.amount_minor
  from booked
  cross join unnest($29::uuid[], $30::text[], $31::bigint[]) with ordinality
    as posting (ledger_account_id, currency, amount_minor, line)
), state as (
  insert into expenses (
    tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency, booked_amount_minor, rate,
    rate_source, rate_date, title, description, category_id, account_id, project_id, expense_date, payment_method, tags,
    vendor, search_text, user_id, created_at, updated_at
  )
  select booked.tenant_id, $7::uuid, $8::uuid, now(), $10, $9::bigint, $12, $11::bigint, $13::numeric,
    $14, $15::date, $16, $17, $18::uuid, $19::uuid, $20::uuid, $21::date, $22, $23::text[],
    $24, $33, $25::uuid, now(), now()
  from booked
), audit as (
  insert into audit_entries (
    tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id, after
  )
  select booked.tenant_id, $26::uuid, now(), $4, $5, $6, 'expense.recorded', 'expense', $7::uuid::text, booked.expense
  from booked
), event as (
  insert into outbox (tenant_id, id, recorded_at, type, subject, aggregate_version, envelope)
  select booked.tenant_id, $27::uuid, $32::timestamptz, $28::jsonb ->> 'type', $7::uuid::text, 1,
    $28::jsonb || jsonb_build_object('data', jsonb_build_object('expense', booked.expense))
  from booked
)
select
  case
    when verdict.outcome <> 'bookable' then verdict.outcome
    when exists (select from booked) then 'booked'
    else 'try_again'
  end as outcome,
  verdict.category_name, verdict.account_name, verdict.project_name,
  verdict.category_archived_at is not null as is_category_archived,
  verdict.account_archived_at is not null as is_account_archived,
  verdict.project_archived_at is not null as is_project_archived, now() as recorded_at,
  case when verdict.outcome = 'replayed' then verdict.answer end as answer
from verdict`,
};

/** What the statement answers, in exactly one row. */
export interface RecordExpenseOutcome {
  outcome:
    | 'booked'
    | 'try_again'
    | 'replayed'
    | 'key_reused'
    | 'tenant_missing'
    | 'currency_changed'
    | 'reference_missing'
    | 'reference_archived';
  category_name: string | null;
  account_name: string | null;
  project_name: string | null;
  is_category_archived: boolean;
  is_account_archived: boolean;
  is_project_archived: boolean;
  recorded_at: Date;
  /** RecordExpenseResponse in ProtoJSON. */
  answer: unknown;
}
