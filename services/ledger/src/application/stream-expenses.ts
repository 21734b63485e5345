import type { TenantContext } from '@outlay/platform';
import type { StoredExpense } from '../store/expense-row.ts';
import { readOldestInstant, readPageById } from '../store/read-page-by-id.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { streamFrom } from './stream-from.ts';

const pageSize = 500;

/** A part of the picture. Each has the same `asOf`. */
export interface ExpensesPage {
  asOf: Date;
  expenses: StoredExpense[];
}

/**
 * Every expense of a tenant in its present state, reversed ones included, as one picture: all pages are read from one
 * snapshot. At least one page, which may be empty.
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
        let after: string | undefined;
        do {
          const expenses = await readPageById(session, after, pageSize);
          if (expenses.length > 0 || after === undefined) await give({ asOf, expenses });
          after = expenses.length === pageSize ? expenses.at(-1)?.id : undefined;
        } while (after !== undefined);
      },
      // Given pages cannot be taken back, so nothing may be run again.
      { isolation: 'repeatable read', readOnly: true, retries: 0 },
    ),
  );
}
