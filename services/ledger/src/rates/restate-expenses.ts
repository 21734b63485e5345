import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { newId, type Session, type TenantContext } from '@outlay/platform';
import type { BookableExpense } from '../domain/booking.ts';
import { type JournalEntry, restatementOf, reversalOf } from '../domain/journal-entry.ts';
import { type AppliedRate, isSameRate } from '../domain/money.ts';
import { bookedAt } from '../domain/revise-expense.ts';
import { restatedEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { findEntriesInForce, insertEntries } from '../store/journal.ts';
import { prepareBooking } from '../store/prepare-booking.ts';
import { recordAudits } from '../store/record-audits.ts';
import { resolveRates } from './resolve-rates.ts';
import { dropChecks, lockListed, updateRates } from './restate-statements.ts';

interface Restated {
  before: StoredExpense;
  after: StoredExpense;
}

/**
 * Holds expenses that were booked at a listed rate against the lists as they are now. One whose rate, source or date is
 * another one today is reversed and booked anew by an entry of kind `restatement` for the same day; it keeps what it has
 * where no rate is in force any more, or the amount would be more than can be booked. Others are left alone, so that
 * repeating it changes nothing. In the session's transaction, a dozen statements whatever the number; answers how many were restated.
 *
 * The expenses are locked first, in the order of their ids. A correction that commits after the rates were read here has
 * a restatement of its own, which waits for these locks.
 *
 * Emits outlay.ledger.expense.restated.v1, and writes to the audit trail under the context's request.
 */
export async function restateExpenses(
  session: Session,
  context: TenantContext,
  expenseIds: readonly string[],
): Promise<number> {
  const expenses = await lockListed(session, expenseIds);
  const rates = await resolveRates(session, expenses.map(toWanted));
  const revised = expenses.flatMap((before, index) => reviseAt(before, rates[index]) ?? []);
  if (revised.length > 0) await book(session, context, revised);
  await dropChecks(session, expenseIds);
  return revised.length;
}

const toWanted = ({ amount, booked, expenseDate }: StoredExpense) => ({
  from: amount.currency,
  to: booked.currency,
  date: expenseDate,
});

function reviseAt(
  before: StoredExpense,
  listed: AppliedRate | undefined,
): { before: StoredExpense; at: BookableExpense } | undefined {
  if (listed === undefined || isSameRate(before.rate, listed)) return undefined;
  const at = bookedAt(before, listed);
  return at && { before, at };
}

async function book(
  session: Session,
  context: TenantContext,
  revised: readonly { before: StoredExpense; at: BookableExpense }[],
): Promise<void> {
  const { recordedAt, accountCurrencies } = await prepareBooking(
    session,
    revised.map(({ at }) => ({ expense: at })),
  );
  const inForce = new Map<string, JournalEntry>();
  for (const entry of await findEntriesInForce(
    session,
    revised.map(({ before }) => before.id),
  )) {
    inForce.set(entry.id, entry);
  }
  const entries: JournalEntry[] = [];
  const restated = revised.map(({ before, at }): Restated => {
    const entry = inForce.get(before.entryId);
    if (entry === undefined) throw new Error('An expense has no journal entry');
    const ids = { entryId: newId(), expenseId: before.id };
    const accountCurrency = at.accountId === undefined ? undefined : accountCurrencies.get(at.accountId);
    entries.push(reversalOf(entry, newId()), restatementOf(at, ids, accountCurrency));
    const { booked, rate } = at;
    const changed = { booked, rate, entryId: ids.entryId, version: before.version + 1n, updatedAt: recordedAt };
    return { before, after: { ...before, ...changed } };
  });
  await insertEntries(session, entries);
  await updateRates(
    session,
    restated.map(({ after }) => after),
  );
  await tell(session, context, restated);
}

async function tell(session: Session, context: TenantContext, restated: readonly Restated[]): Promise<void> {
  await recordAudits(
    session,
    context,
    restated.map(({ before, after }) => ({
      action: 'expense.restated',
      entity: 'expense',
      entityId: after.id,
      before: ledger.Expense.toJSON(toExpenseMessage(before)),
      after: ledger.Expense.toJSON(toExpenseMessage(after)),
    })),
  );
  await enqueueEvents(
    session,
    context,
    restated.map(({ before, after }) => restatedEvent(context, before, after)),
  );
}
