import type { ledger } from '@outlay/contracts';
import { toOutboxRow } from '@outlay/messaging';
import { conflict, newId, type Session, type TenantContext } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';
import { searchTextOf } from '../domain/search-words.ts';
import { expenseEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import { insertPostings, toPostingColumns } from './journal.ts';
import { prepareBooking } from './prepare-booking.ts';

/**
 * Books many expenses at once within the session's transaction: their journal entries and postings, the expenses
 * themselves, one audit row and one outbox row (outlay.ledger.expense.recorded.v1) each. Two statements whatever the
 * number; meant for up to 1,000 bookings a call, and as many calls a transaction as wanted.
 *
 * Fixes the tenant's currency. Answers the expenses as clients see them, and the instant of the transaction, which is
 * their created_at and the journal's recorded_at. The bookings' entry must come from `bookExpense` or hold what it promises:
 * the database refuses an entry that is not balanced at the end of the statement.
 *
 * Throws conflict `currency_changed` when a booking is in another currency than the tenant's books: read the currency
 * again and convert anew. An id of a category, account or project that does not exist is a foreign key violation.
 */
export async function postExpenses(
  session: Session,
  context: TenantContext,
  bookings: readonly Booking[],
): Promise<{ recordedAt: Date; expenses: ledger.Expense[] }> {
  const { currency, recordedAt, names } = await prepareBooking(session, bookings);
  if (bookings.some((booking) => booking.expense.booked.currency !== currency)) {
    throw conflict('currency_changed', 'The currency of the tenant has changed');
  }
  const expenses = bookings.map((booking) => toMessage(booking, names, recordedAt));
  const envelopes = expenses.map(
    (expense) => toOutboxRow(context, expenseEvent(context, 'recorded', expense), recordedAt).envelope,
  );
  await session.query(insertStatement, [
    context.tenantId,
    context.actor.kind,
    context.actor.id,
    context.requestId,
    envelopes.join('\n'),
    bookings.map(({ expense }) => searchTextOf(expense)).join('\n'),
    `{${bookings.map(() => newId()).join(',')}}`,
    ...toPostingColumns(bookings.map(({ entry }) => entry)),
  ]);
  return { recordedAt, expenses };
}

function toMessage(
  { expense, entry, expenseId, userId, importId }: Booking,
  names: ReadonlyMap<string, string>,
  recordedAt: Date,
): ledger.Expense {
  const reference = (id: string | undefined) => (id === undefined ? undefined : { id, name: names.get(id) ?? '' });
  return toExpenseMessage({
    ...expense,
    id: expenseId,
    category: reference(expense.categoryId),
    account: reference(expense.accountId),
    project: reference(expense.projectId),
    status: 'posted',
    version: 1n,
    entryId: entry.id,
    userId,
    importId,
    createdAt: recordedAt,
    updatedAt: recordedAt,
  });
}

// The envelope of an expense's event says all there is to store of it, so it is sent once and taken apart by the server:
// building, sending and parsing a row beside it took a tenth of an import. What the contracts' JSON leaves out is empty.
// Envelopes and searched words are lines of a text, as neither has line ends: within a JSON document they would be read
// twice, and the elements of an array literal cost the client more to escape.
const insertStatement = {
  name: 'post_expenses',
  text: `
with input as materialized (
  select expense.id, expense."entryId" as entry_id, expense."expenseDate" as expense_date,
    expense.amount ->> 'currency' as currency, coalesce(expense.amount ->> 'amountMinor', '0')::bigint as amount_minor,
    expense.booked ->> 'currency' as booked_currency,
    coalesce(expense.booked ->> 'amountMinor', '0')::bigint as booked_amount_minor,
    (expense.rate ->> 'rate')::numeric as rate, expense.rate ->> 'source' as rate_source,
    (expense.rate ->> 'date')::date as rate_date, expense.title, coalesce(expense.description, '') as description,
    (expense.category ->> 'id')::uuid as category_id, (expense.account ->> 'id')::uuid as account_id,
    (expense.project ->> 'id')::uuid as project_id, coalesce(expense."paymentMethod", '') as payment_method,
    coalesce(expense.tags, '{}') as tags, coalesce(expense.vendor, '') as vendor, coalesce(line.search_text, '') as search_text,
    expense."userId" as user_id, expense."importId" as import_id, line.audit_id, event.envelope
  from rows from (string_to_table($5::text, e'\n'), string_to_table($6::text, e'\n'), unnest($7::uuid[]))
    as line (envelope, search_text, audit_id)
  cross join lateral (select line.envelope::jsonb as envelope offset 0) as event
  cross join lateral jsonb_to_record(event.envelope #> '{data,expense}') as expense (
    id uuid, "entryId" uuid, amount jsonb, booked jsonb, rate jsonb, title text, description text, category jsonb,
    account jsonb, project jsonb, "expenseDate" date, "paymentMethod" text, tags text[], vendor text, "userId" uuid,
    "importId" uuid
  )
), entries as (
  insert into journal_entries (
    tenant_id, id, recorded_at, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date
  )
  select $1::uuid, input.entry_id, now(), input.expense_date, 'expense', input.id, input.currency, input.amount_minor,
    input.rate, input.rate_source, input.rate_date
  from input
), lines as (${insertPostings(8)}
), state as (
  insert into expenses (
    tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency, booked_amount_minor, rate,
    rate_source, rate_date, title, description, category_id, account_id, project_id, expense_date, payment_method, tags,
    vendor, search_text, user_id, import_id, created_at, updated_at
  )
  select $1::uuid, input.id, input.entry_id, now(), input.currency, input.amount_minor, input.booked_currency,
    input.booked_amount_minor, input.rate, input.rate_source, input.rate_date, input.title, input.description,
    input.category_id, input.account_id, input.project_id, input.expense_date, input.payment_method, input.tags,
    input.vendor, input.search_text, input.user_id, input.import_id, now(), now()
  from input
), audit as (
  insert into audit_entries (
    tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id, after
  )
  select $1::uuid, input.audit_id, now(), $2, $3, $4, 'expense.recorded', 'expense', input.id::text,
    input.envelope #> '{data,expense}'
  from input
), events as (
  insert into outbox (tenant_id, id, recorded_at, type, subject, aggregate_version, envelope)
  select $1::uuid, (input.envelope ->> 'id')::uuid, now(), input.envelope ->> 'type', input.id::text, 1, input.envelope
  from input
)
select pg_notify('ledger_outbox', '')`,
};
