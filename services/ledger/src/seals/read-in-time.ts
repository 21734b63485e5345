import { type Database, isDomainError, remainingMs, type Session, type TenantContext } from '@outlay/platform';

/** What is read at once, of things that somebody may have made as slow to read as can be. */
export interface TimedRead<T> {
  /** How many it is tried with. */
  size: number;
  /** How many it is tried with last. */
  sizeMin: number;
  /** As long as a statement may take that reads more than that, in milliseconds; unless set, as long as any may. */
  manyMs?: number | undefined;
  read: (session: Session, size: number) => Promise<T>;
}

/** What is tried for the second time has to leave time for a third. */
const fewMs = 2_500;
/** Fewer than these are not tried in between. */
const fewSize = 16;

/**
 * Reads in one snapshot, and where that takes too long, fewer in another one. Answers with what was read how many it was tried
 * with. Throws deadline_exceeded where even the fewest take longer than a statement may.
 */
export async function readInTime<T>(
  database: Database,
  context: TenantContext,
  { size, sizeMin, manyMs, read }: TimedRead<T>,
): Promise<{ result: T; size: number }> {
  try {
    const result = await database.withTenant(
      context,
      async (session) => {
        if (size > sizeMin && manyMs !== undefined) await hurry(session, manyMs);
        return read(session, size);
      },
      { isolation: 'repeatable read', readOnly: true },
    );
    return { result, size };
  } catch (error) {
    if (size <= sizeMin || !isDomainError(error, 'deadline_exceeded') || error.code !== 'statement_timeout')
      throw error;
    const fewer = Math.max(sizeMin, size > fewSize ? fewSize : 1);
    return readInTime(database, context, { size: fewer, sizeMin, manyMs: manyMs ?? fewMs, read });
  }
}

/** What is tried again if need be is given up early, so that there is time for that. */
async function hurry(session: Session, manyMs: number): Promise<void> {
  const timeoutMs = Math.floor(Math.min(manyMs, remainingMs() ?? manyMs));
  if (timeoutMs > 0) await session.query(statement, [`${timeoutMs}`]);
}

const statement = { name: 'hurry', text: `select set_config('statement_timeout', $1, true)` };
