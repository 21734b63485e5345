import { enqueueEvents } from '@outlay/messaging';
import { newId, type Session, type TenantContext } from '@outlay/platform';
import type { BookableExpense } from '../domain/booking.ts';
import { isEntryOf, type JournalEntry, restatementOf, reversalOf } from '../domain/journal-entry.ts';
import { type AppliedRate, isSameRate } from '../domain/money.ts';
import { bookedAt } from '../domain/revise-expense.ts';
import { expenseAudit, restatedEvent } from '../messaging/expense-message.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { findEntriesInForce, insertEntries } from '../store/journal.ts';
import { prepareBooking } from '../store/prepare-booking.ts';
import { recordAudits } from '../store/record-audits.ts';
import { spareForged } from '../store/spare-forged.ts';
import { resolveRates } from './resolve-rates.ts';
import { dropChecks, lockListed, updateRates } from './restate-statements.ts';

interface Restated {
  before: StoredExpense;
  after: StoredExpense;
}

/** An expense that was not restated, and keeps a rate that is not in force any more. */
export interface LeftOut {
  expenseId: string;
  /**
   * The books cannot hold its amount at the other rate; or no rate is in force for it any more; or it is not what its entry
   * says, so that somebody has changed it behind the service's back.
   */
  reason: 'amount_out_of_range' | 'no_rate' | 'books_disagree';
}

/** An expense whose rate is another one now. */
interface Outdated {
  before: StoredExpense;
  listed: AppliedRate;
}

interface Revised {
  before: StoredExpense;
  at: BookableExpense;
  inForce: JournalEntry;
}

/**
 * Holds expenses that were booked at a listed rate against the lists as they are now. One whose rate, source or date is
 * another one today is reversed and booked anew by an entry of kind `restatement` for the same day. Where no rate is in force
 * any more it keeps what it has, and is answered as left out. Others are left alone, so that repeating it changes nothing. In the session's
 * transaction, a dozen statements whatever the number; answers how many were restated, which were not although their
 * rate is not in force, and which were waiting to be looked at.
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
): Promise<{ restated: number; leftOut: LeftOut[]; awaited: Set<string> }> {
  const expenses = await lockListed(session, expenseIds);
  const rates = await resolveRates(session, expenses.map(toWanted));
  const outdated: Outdated[] = [];
  const unlisted: LeftOut[] = [];
  for (const [index, before] of expenses.entries()) {
    const listed = rates[index];
    if (listed === undefined || listed === 'unwritable') unlisted.push({ expenseId: before.id, reason: 'no_rate' });
    else if (!isSameRate(before.rate, listed)) outdated.push({ before, listed });
  }
  const { revised, leftOut } = await revise(session, outdated);
  const refused = await spareForged(
    session,
    revised.map(({ before }) => before.id),
    (ids) => {
      const wanted = new Set(ids);
      return book(
        session,
        context,
        revised.filter(({ before }) => wanted.has(before.id)),
      );
    },
  );
  return {
    awaited: await dropChecks(session, expenseIds),
    restated: revised.length - refused.length,
    leftOut: [
      ...unlisted,
      ...leftOut,
      ...refused.map((expenseId): LeftOut => ({ expenseId, reason: 'books_disagree' })),
    ],
  };
}

const toWanted = ({ amount, booked, expenseDate }: StoredExpense) => ({
  from: amount.currency,
  to: booked.currency,
  date: expenseDate,
});

async function revise(
  session: Session,
  outdated: readonly Outdated[],
): Promise<{ revised: Revised[]; leftOut: LeftOut[] }> {
  if (outdated.length === 0) return { revised: [], leftOut: [] };
  const ids = outdated.map(({ before }) => before.id);
  const entries = await findEntriesInForce(session, ids);
  const inForce = new Map(entries.map((entry) => [entry.id, entry]));
  const revised: Revised[] = [];
  const leftOut: LeftOut[] = [];
  for (const { before, listed } of outdated) {
    const entry = inForce.get(before.entryId);
    const at = bookedAt(before, listed);
    if (entry === undefined || !isEntryOf(entry, before)) {
      leftOut.push({ expenseId: before.id, reason: 'books_disagree' });
    } else if (at === undefined) leftOut.push({ expenseId: before.id, reason: 'amount_out_of_range' });
    else revised.push({ before, at, inForce: entry });
  }
  return { revised, leftOut };
}

async function book(session: Session, context: TenantContext, revised: readonly Revised[]): Promise<void> {
  const { recordedAt, accountCurrencies } = await prepareBooking(
    session,
    revised.map(({ at }) => ({ expense: at })),
  );
  const entries: JournalEntry[] = [];
  const restated = revised.map(({ before, at, inForce }): Restated => {
    const ids = { entryId: newId(), expenseId: before.id };
    const accountCurrency = at.accountId === undefined ? undefined : accountCurrencies.get(at.accountId);
    entries.push(reversalOf(inForce, newId()), restatementOf(at, ids, accountCurrency));
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
    restated.map((change) => expenseAudit('restated', change)),
  );
  await enqueueEvents(
    session,
    context,
    restated.map(({ before, after }) => restatedEvent(context, before, after)),
  );
}

/** Writes down each expense that a restatement or a check of rates (`of`, by its id) has left as it was, and why. */
export async function recordLeftOut(
  session: Session,
  context: TenantContext,
  leftOut: readonly LeftOut[],
  of: { entity: 'restatement' | 'rate_check'; id: string | undefined },
): Promise<void> {
  await recordAudits(
    session,
    context,
    leftOut.map((expense) => ({
      action: `${of.entity}.expense_left_out`,
      entity: of.entity,
      entityId: of.id ?? expense.expenseId,
      after: { ...expense },
    })),
  );
}
