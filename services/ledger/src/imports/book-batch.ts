import { type Clock, type Database, newId, type Session, type TenantContext } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';
import { entryOf } from '../domain/journal-entry.ts';
import { type EnsuredReferences, ensureReferences } from '../store/ensure-references.ts';
import { postExpenses } from '../store/post-expenses.ts';
import { fingerprintOf } from './file/fingerprint.ts';
import { type Purchase, rowParser } from './file/parse-row.ts';
import type { RawRow } from './file/read-rows.ts';
import { advance, lockImport } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { claimRows, countEarlierRows, type IdentifiedRow, insertDuplicates, insertRefused } from './row-store.ts';

/** Rows of a file, and how many rows of it come before them. */
export interface Batch {
  start: number;
  rows: readonly RawRow[];
}

/**
 * Gives each row of a batch its fate in one transaction: refused with a reason, a duplicate of what was imported before,
 * or imported, with the expense booked and all it refers to. Whatever happens in between, a row is booked once: the
 * import is locked, and a batch that does not begin where it stands changes nothing. Answers where it stands then.
 */
export function bookBatch(
  { database, clock }: { database: Database; clock: Clock },
  context: TenantContext,
  importId: string,
  batch: Batch,
): Promise<ImportState> {
  return database.withTenant(context, async (session) => {
    const { state, tenantCurrency } = await lockImport(session, context, importId);
    if (state.status !== 'processing' || state.rowsDone !== batch.start || !state.format) return state;

    // What counts as too far ahead is decided by the day the file came in, however often its rows are read.
    const today = state.createdAt.toISOString().slice(0, 10);
    const parse = rowParser(state.format, { today, tenantCurrency });
    const refused: Parameters<typeof insertRefused>[3][number][] = [];
    const purchases = new Map<number, Purchase>();
    for (const { line, cells } of batch.rows) {
      const parsed = parse(cells);
      if ('fault' in parsed) refused.push({ line, fault: parsed.fault });
      else purchases.set(line, parsed.purchase);
    }

    const identified = await identify(session, context, importId, purchases, batch.start);
    const claimed = await claimRows(session, context, importId, identified);
    const fresh = identified.filter((row) => claimed.has(row.line));
    const repeated = identified.filter((row) => !claimed.has(row.line));
    await insertDuplicates(session, context, importId, repeated);
    await insertRefused(session, context, importId, refused);
    await book(session, context, state, fresh, purchases);
    const result = { imported: fresh.length, duplicates: repeated.length, refused: refused.length };
    return advance(session, context, state, result, clock);
  });
}

async function identify(
  session: Session,
  context: TenantContext,
  importId: string,
  purchases: ReadonlyMap<number, Purchase>,
  rowsBefore: number,
): Promise<IdentifiedRow[]> {
  const prints = [...purchases].map(([line, purchase]) => ({ line, fingerprint: fingerprintOf(purchase) }));
  const keys = prints.map(({ fingerprint }) => fingerprint.toString('hex'));
  const earlier = rowsBefore === 0 ? new Map() : await countEarlierRows(session, context, importId, [...new Set(keys)]);
  const counts = new Map<string, number>(earlier);
  return prints.map(({ line, fingerprint }, index) => {
    const key = keys[index] ?? '';
    const ordinal = (counts.get(key) ?? 0) + 1;
    counts.set(key, ordinal);
    return { line, fingerprint, ordinal, expenseId: newId() };
  });
}

async function book(
  session: Session,
  context: TenantContext,
  state: ImportState,
  rows: readonly IdentifiedRow[],
  purchases: ReadonlyMap<number, Purchase>,
): Promise<void> {
  const fresh = rows.flatMap(({ line, expenseId }) => {
    const purchase = purchases.get(line);
    return purchase ? [{ expenseId, purchase }] : [];
  });
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
