import type { ledger } from '@outlay/contracts';
import { toOutboxRow } from '@outlay/messaging';
import { conflict, newId, type Session, type TenantContext } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';
import { expenseEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import { toPostingRows } from './journal.ts';
import { prepareBooking } from './prepare-booking.ts';

/**
 * Books many expenses at once within the session's transaction: their journal entries and postings, the expenses
 * themselves, one audit row and one outbox row (outlay.ledger.expense.recorded.v1) each. Two statements whatever the
 * number; meant for up to 1,000 bookings a call, and as many calls a transaction as wanted.
 *
 * Fixes the tenant's currency. Answers the instant of the transaction, which is the expenses' created_at and the
 * journal's recorded_at. The bookings' entry must come from `bookExpense` or hold what it promises: the database refuses
 * an entry that is not balanced when the transaction commits.
 *
 * Throws conflict `currency_changed` when a booking is in another currency than the tenant's books: read the currency
 * again and convert anew. An id of a category, account or project that does not exist is a foreign key violation.
 */
export async function postExpenses(
  session: Session,
  context: TenantContext,
  bookings: readonly Booking[],
): Promise<{ recordedAt: Date }> {
  const { currency, recordedAt, names } = await prepareBooking(session, bookings);
  if (bookings.some((booking) => booking.expense.booked.currency !== currency)) {
    throw conflict('currency_changed', 'The currency of the tenant has changed');
  }
  const rows = bookings.map((booking) => toRow(context, booking, names, recordedAt));
  const postings = bookings.flatMap(({ entry }) => toPostingRows(entry));
  await session.query(insertStatement, [
    context.tenantId,
    context.actor.kind,
    context.actor.id,
    context.requestId,
    `[${rows.join()}]`,
    JSON.stringify(postings),
  ]);
  return { recordedAt };
}

function toRow(context: TenantContext, booking: Booking, names: ReadonlyMap<string, string>, recordedAt: Date) {
  const { expense, entry, expenseId } = booking;
  const reference = (id: string | undefined) => (id === undefined ? undefined : { id, name: names.get(id) ?? '' });
  const message: ledger.Expense = toExpenseMessage({
    ...expense,
    id: expenseId,
    category: reference(expense.categoryId),
    account: reference(expense.accountId),
    project: reference(expense.projectId),
    status: 'posted',
    version: 1n,
    entryId: entry.id,
    userId: booking.userId,
    importId: booking.importId,
    createdAt: recordedAt,
    updatedAt: recordedAt,
  });
  const event = toOutboxRow(context, expenseEvent(context, 'recorded', message), recordedAt);
  const row = {
    id: expenseId,
    entry_id: entry.id,
    effective_date: entry.effectiveDate,
    currency: expense.amount.currency,
    amount_minor: expense.amount.amountMinor.toString(),
    booked_currency: expense.booked.currency,
    booked_amount_minor: expense.booked.amountMinor.toString(),
    rate: expense.rate.rate,
    rate_source: expense.rate.source,
    rate_date: expense.rate.date,
    title: expense.title,
    description: expense.description,
    category_id: expense.categoryId,
    account_id: expense.accountId,
    project_id: expense.projectId,
    expense_date: expense.expenseDate,
    payment_method: expense.paymentMethod,
    tags: expense.tags,
    vendor: expense.vendor,
    user_id: booking.userId,
    import_id: booking.importId,
    audit_id: newId(),
    event_id: event.id,
  };
  // The envelope is JSON text already; as a string within JSON it would be escaped here and unescaped there.
  return `${JSON.stringify(row).slice(0, -1)},"envelope":${event.envelope}}`;
}

// Two JSON documents are parsed by the server once. The same rows as some thirty arrays for unnest cost more, on the
// client above all, which must escape every element of an array literal.
const insertStatement = {
  name: 'post_expenses',
  text: `
with input as materialized (
  select row.id, row.entry_id, row.effective_date, row.currency, row.amount_minor, row.booked_currency,
    row.booked_amount_minor, row.rate, row.rate_source, row.rate_date, row.title, row.description, row.category_id,
    row.account_id, row.project_id, row.expense_date, row.payment_method, row.tags, row.vendor, row.user_id, row.import_id,
    row.audit_id, row.event_id, row.envelope
  from json_to_recordset($5::json) as row (
    id uuid, entry_id uuid, effective_date date, currency text, amount_minor bigint, booked_currency text,
    booked_amount_minor bigint, rate numeric, rate_source text, rate_date date, title text, description text,
    category_id uuid, account_id uuid, project_id uuid, expense_date date, payment_method text, tags text[], vendor text,
    user_id uuid, import_id uuid, audit_id uuid, event_id uuid, envelope jsonb
  )
), entries as (
  insert into journal_entries (
    tenant_id, id, recorded_at, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date
  )
  select $1::uuid, input.entry_id, now(), input.effective_date, 'expense', input.id, input.currency, input.amount_minor,
    input.rate, input.rate_source, input.rate_date
  from input
), lines as (
  insert into postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
  select $1::uuid, row.entry_id, row.line, now(), row.ledger_account_id, row.currency, row.amount_minor
  from json_to_recordset($6::json) as row (
    entry_id uuid, line smallint, ledger_account_id uuid, currency text, amount_minor bigint
  )
), state as (
  insert into expenses (
    tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency, booked_amount_minor, rate,
    rate_source, rate_date, title, description, category_id, account_id, project_id, expense_date, payment_method, tags,
    vendor, user_id, import_id, created_at, updated_at
  )
  select $1::uuid, input.id, input.entry_id, now(), input.currency, input.amount_minor, input.booked_currency,
    input.booked_amount_minor, input.rate, input.rate_source, input.rate_date, input.title, input.description,
    input.category_id, input.account_id, input.project_id, input.expense_date, input.payment_method, input.tags,
    input.vendor, input.user_id, input.import_id, now(), now()
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
  select $1::uuid, input.event_id, now(), input.envelope ->> 'type', input.id::text, 1, input.envelope
  from input
)
select pg_notify('ledger_outbox', '')`,
};
