import { DomainError, type Session, sqlStateOf } from '@outlay/platform';

/**
 * Does something with expenses within the session's transaction, but for those that are refused as `books_disagree`, or
 * whose rows hold what the service does not write and the next version of them cannot: they are found by halves, each tried
 * behind a savepoint, and nothing is left of what failed. Answers them. Where none is refused, `work` is called once with all; what else it throws is thrown. It gets them in the order of their ids, by which
 * expenses are locked.
 */
export async function spareForged(
  session: Session,
  expenseIds: readonly string[],
  work: (expenseIds: readonly string[]) => Promise<void>,
): Promise<string[]> {
  return expenseIds.length === 0 ? [] : tryHalves(session, expenseIds.toSorted(), work);
}

async function tryHalves(
  session: Session,
  ids: readonly string[],
  work: (expenseIds: readonly string[]) => Promise<void>,
): Promise<string[]> {
  await session.query('savepoint none_done');
  try {
    await work(ids);
    return [];
  } catch (error) {
    if (!isOfForged(error)) throw error;
  }
  await session.query('rollback to savepoint none_done');
  if (ids.length === 1) return [...ids];
  const middle = Math.floor(ids.length / 2);
  const first = await tryHalves(session, ids.slice(0, middle), work);
  return [...first, ...(await tryHalves(session, ids.slice(middle), work))];
}

/** Out of range, null or against a check: what nobody but a superuser can have brought about. */
const rowStates = /^22|^23502$|^23514$/;

const isOfForged = (error: unknown): boolean =>
  error instanceof DomainError ? error.code === 'books_disagree' : rowStates.test(sqlStateOf(error) ?? '');
