import { type Clock, conflict, type Database, newId, type Session, type TenantContext } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';
import { entryOf } from '../domain/journal-entry.ts';
import { type EnsuredReferences, ensureReferences } from '../store/ensure-references.ts';
import { postExpenses } from '../store/post-expenses.ts';
import type { Purchase } from './file/parse-row.ts';
import { advance, lockImport } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import type { Batch } from './read-batches.ts';
import { claimPurchases, findClaimed, insertFates } from './row-store.ts';

/**
 * Gives each row of a batch its fate in one transaction: refused with a reason, a duplicate of what was imported before,
 * or imported, with the expense booked and all it refers to. Whatever happens in between, a row is booked once: the
 * import is locked, and a batch that does not begin where it stands changes nothing. Answers where it stands then.
 * Throws conflict `currency_changed` when the rows were read for another currency of the tenant than it has now.
 */
export function bookBatch(
  { database, clock }: { database: Database; clock: Clock },
  context: TenantContext,
  importId: string,
  batch: Batch,
  given: { tenantCurrency: string },
): Promise<ImportState> {
  return database.withTenant(context, async (session) => {
    const { state, tenantCurrency } = await lockImport(session, context, importId);
    if (state.status !== 'processing' || state.rowsDone !== batch.start) return state;

    if (tenantCurrency !== given.tenantCurrency) {
      throw conflict('currency_changed', 'The currency of the tenant has changed while its file was read');
    }
    const rows = batch.purchases.map((row) => ({ ...row, expenseId: newId() }));
    const claimed = await claimPurchases(session, context, rows);
    const fresh = rows.filter((row) => claimed.has(row.expenseId));
    const repeated = rows.filter((row) => !claimed.has(row.expenseId));
    // A statement of its own, as only a later one sees what a concurrent import has committed meanwhile.
    const originals = await findClaimed(session, context, repeated);
    await insertFates(session, context, importId, [
      ...fresh.map(({ line, expenseId }) => ({ line, expenseId, fate: 'imported' as const })),
      ...repeated.map(({ line }, index) => ({ line, expenseId: originals[index], fate: 'duplicate' as const })),
      ...batch.refused.map(({ line, fault }) => ({ line, fault, fate: 'refused' as const })),
    ]);
    await book(session, context, state, fresh);
    const result = { imported: fresh.length, duplicates: repeated.length, refused: batch.refused.length };
    return advance(session, context, state, result, clock);
  });
}

async function book(
  session: Session,
  context: TenantContext,
  state: ImportState,
  fresh: readonly { expenseId: string; purchase: Purchase }[],
): Promise<void> {
  if (fresh.length === 0) return;
  const references = await ensureReferences(session, context, {
    categories: named(fresh.map(({ purchase }) => purchase.category)),
    projects: named(fresh.map(({ purchase }) => purchase.project)),
    accounts: fresh.flatMap(({ purchase }) => purchase.account ?? []),
  });
  const bookings = fresh.map(({ expenseId, purchase }) => toBooking(purchase, { expenseId, state, references }));
  await postExpenses(session, context, bookings);
}

const named = (names: readonly string[]): string[] => names.filter((name) => name !== '');

function toBooking(
  purchase: Purchase,
  { expenseId, state, references }: { expenseId: string; state: ImportState; references: EnsuredReferences },
): Booking {
  const account = purchase.account && references.accounts.get(purchase.account.name);
  const expense = {
    amount: purchase.amount,
    booked: purchase.booked,
    rate: purchase.rate,
    expenseDate: purchase.expenseDate,
    categoryId: references.categories.get(purchase.category)?.id,
    accountId: account?.id,
    projectId: references.projects.get(purchase.project)?.id,
    title: purchase.title,
    description: purchase.description,
    paymentMethod: purchase.paymentMethod,
    tags: purchase.tags,
    vendor: purchase.vendor,
  };
  const entry = entryOf(expense, { entryId: newId(), expenseId }, account?.currency);
  return { expenseId, userId: state.userId, importId: state.id, expense, entry };
}
