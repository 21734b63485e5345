import type { TenantContext } from '@outlay/platform';
import type { StoredExpense } from '../store/expense-row.ts';
import { readOldestInstant, readPageById } from '../store/read-page-by-id.ts';
import { type NamedReference, readReferencesById, referenceKinds } from '../store/read-references-by-id.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { streamFrom } from './stream-from.ts';

const pageSize = 500;

/** A part of the picture. Each has the same `asOf`. */
export interface ExpensesPage {
  asOf: Date;
  expenses: StoredExpense[];
  references: NamedReference[];
}

/**
 * Every expense of a tenant in its present state, reversed ones included, as one picture: all pages are read from one
 * snapshot. Before them come the categories, accounts and projects with their names, archived ones included, whether an
 * expense refers to them or not. At least one page, which may be empty.
 *
 * The versions say what is newer: a state of an expense elsewhere with a higher version than here came after the picture.
 * `asOf` decides on expenses that are not in the picture at all. An expense is created_at the beginning of the transaction
 * that booked it, while the picture holds what had been committed; so asOf is the beginning of the oldest transaction
 * that was still open when the picture was taken. What was created before it is in the picture; what was created
 * at or after it may be missing and must not be taken for deleted.
 *
 * The transaction stays open while the caller takes the pages. A caller that lets more than ten seconds pass between two
 * of them loses it (unavailable).
 */
export async function* streamExpenses(
  { database }: LedgerDependencies,
  context: TenantContext,
): AsyncGenerator<ExpensesPage> {
  // Before the snapshot is taken: what begins after this cannot be older than it.
  const asOf = await readOldestInstant(database);
  yield* streamFrom<ExpensesPage>((give) =>
    database.withTenant(
      context,
      async (session) => {
        for (const kind of referenceKinds) {
          const read = (after: string | undefined) => readReferencesById(session, kind, after, pageSize);
          for await (const references of pagesOf(read)) await give({ asOf, expenses: [], references });
        }
        let isEmpty = true;
        for await (const expenses of pagesOf((after) => readPageById(session, after, pageSize))) {
          isEmpty = false;
          await give({ asOf, expenses, references: [] });
        }
        if (isEmpty) await give({ asOf, expenses: [], references: [] });
      },
      // Given pages cannot be taken back, so nothing may be run again.
      { isolation: 'repeatable read', readOnly: true, retries: 0 },
    ),
  );
}

/** Pages up to the last one, none of which is empty. */
async function* pagesOf<T extends { id: string }>(
  read: (after: string | undefined) => Promise<T[]>,
): AsyncGenerator<T[]> {
  let after: string | undefined;
  do {
    const page = await read(after);
    if (page.length > 0) yield page;
    after = page.length === pageSize ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
}
