import { conflict, type Database, newId, type Session, type TenantContext } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';
import { entryOf } from '../domain/journal-entry.ts';
import type { EnsuredReferences } from '../store/ensure-references.ts';
import { postExpenses } from '../store/post-expenses.ts';
import { claimPurchases, claimRepeats, findRepeated } from './claim-purchases.ts';
import { type PricedRow, priceBatch } from './decide-batch.ts';
import { advance, takeBatch } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { findKnown } from './known-purchases.ts';
import { makeReferences, refuseUnknown } from './known-references.ts';
import { readFates } from './looks.ts';
import type { Batch } from './read-batches.ts';
import { resolveNames } from './resolve-names.ts';
import { insertFates, type RowFate, repeatsWithin } from './row-store.ts';

type FreshRow = PricedRow & { expenseId: string };

/**
 * Gives each row of a batch its fate in one transaction: refused or skipped with a reason, a duplicate of what was
 * imported before, or imported, with the expense booked and all it refers to. Several batches of a file may be booked at
 * the same time. Whatever happens in between, a row is booked once: a batch is taken once. Where its rows were looked at first,
 * those that were not to be booked then are not booked now. Answers where the import stands then; undefined: somebody else has
 * done it.
 * Throws conflict `currency_changed` when the rows were read for another currency of the tenant than it has now.
 */
export function bookBatch(
  { database }: { database: Database },
  context: TenantContext,
  state: ImportState,
  batch: Batch,
  given: { tenantCurrency: string },
): Promise<ImportState | undefined> {
  return database.withTenant(context, async (session) => {
    if (!(await takeBatch(session, context, state.id, { stage: 'booking', ...batch }))) return undefined;
    await bookFor(session, context, state.id, given.tenantCurrency);
    const seen = await readFates(session, context, state.id, batch);
    await claimRepeats(session, context, repeatsIn(batch, seen));
    const purchases = batch.purchases.filter(({ line }) => !seen.has(line));
    const { priced, refused } = await priceBatch(session, { ...batch, purchases }, given.tenantCurrency);
    const own = await findKnown(session, context, state.userId, priced);
    const rows = priced.map((row) => ({ ...row, expenseId: newId() }));
    const strangers = own.size === 0 ? rows : rows.filter((row) => !own.has(row.line));
    const { known, unknown } = await refuseNew(session, context, state, strangers);
    const claimants = known.filter(({ isRepeat }) => !isRepeat);
    const repeats = await claimPurchases(session, context, claimants);
    const within = known.filter(({ isRepeat }) => isRepeat);
    const originals = within.length > 0 ? await findRepeated(session, context, within) : [];
    const fresh = claimants.filter((row) => !repeats.has(row.expenseId));
    const duplicates = rows.flatMap(({ line, expenseId }) => {
      const original = own.get(line) ?? repeats.get(expenseId);
      return original === undefined ? [] : [{ line, expenseId: original, fate: 'duplicate' as const }];
    });
    const refusals = [...refused, ...unknown];
    const fates: RowFate[] = [
      ...seen.values(),
      ...fresh.map(({ line, expenseId }) => ({ line, expenseId, fate: 'imported' as const })),
      ...duplicates,
      ...repeatsWithin(within, originals),
      ...batch.skipped.map(({ line, fault }) => ({ line, fault, fate: 'skipped' as const })),
      ...refusals.map(({ line, fault }) => ({ line, fault, fate: 'refused' as const })),
    ];
    await insertFates(session, context, state.id, fates, { replaces: state.expiresAt !== undefined });
    await book(session, context, state, fresh);
    const count = (wanted: RowFate['fate']) => fates.filter(({ fate }) => fate === wanted).length;
    return advance(
      session,
      context,
      { id: state.id, stage: 'booking' },
      {
        ...{ fresh: 0, imported: fresh.length, duplicates: count('duplicate') },
        ...{ skipped: batch.skipped.length, refused: count('refused') },
      },
    );
  });
}

/** Of what nobody has imported yet, rows that name what the file may not make are refused. What repeats is a duplicate. */
async function refuseNew(
  session: Session,
  context: TenantContext,
  state: ImportState,
  rows: readonly FreshRow[],
): Promise<Awaited<ReturnType<typeof refuseUnknown<FreshRow>>>> {
  if (state.makesReferences) return { known: [...rows], unknown: [] };
  const repeated = await findRepeated(session, context, rows);
  const news = rows.filter((_, index) => repeated[index] === undefined);
  const { known, unknown } = await refuseUnknown(
    session,
    context,
    state,
    await resolveNames(session, context, state, news),
  );
  return { known: [...rows.filter((_, index) => repeated[index] !== undefined), ...known], unknown };
}

/** Rows that were seen to repeat an expense, but for those of an export that are this very expense. */
const repeatsIn = ({ purchases }: Batch, seen: ReadonlyMap<number, RowFate>) =>
  purchases.flatMap(({ line, keys, purchase }) => {
    const originalId = seen.get(line)?.expenseId;
    return originalId === undefined || originalId === purchase.sourceId ? [] : [{ keys, originalId }];
  });

/** Says for which import the transaction makes what it makes, so that it takes the places that are reserved for that. */
async function bookFor(session: Session, context: TenantContext, importId: string, currency: string): Promise<void> {
  const { rows } = await session.query<{ currency: string }>(
    {
      name: 'book_for_import',
      text: `
select tenants.currency, set_config('app.import_id', $2, true)
from tenants
where tenants.tenant_id = $1`,
    },
    [context.tenantId, importId],
  );
  if (rows[0]?.currency !== currency) {
    throw conflict('currency_changed', 'The currency of the tenant has changed while its file was read');
  }
}

async function book(
  session: Session,
  context: TenantContext,
  state: ImportState,
  fresh: readonly FreshRow[],
): Promise<void> {
  if (fresh.length === 0) return;
  const rows = state.makesReferences ? await resolveNames(session, context, state, fresh) : fresh;
  const references = await makeReferences(session, context, state, rows);
  const bookings = rows.map((row) => toBooking(row, { state, references }));
  await postExpenses(session, context, bookings);
}

function toBooking(
  { purchase, expenseId }: FreshRow,
  { state, references }: { state: ImportState; references: EnsuredReferences },
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
