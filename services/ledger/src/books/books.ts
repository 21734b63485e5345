import type { Database, Logger, Session, TenantContext } from '@outlay/platform';
import { type JournalCut, readCut } from './journal-cut.ts';
import { momentOf } from './moment.ts';
import type { Segmenter } from './segmenter.ts';

/** What reading the books takes. */
export interface BookWork {
  database: Database;
  segmenter: Pick<Segmenter, 'wake'>;
  logger: Logger;
}

/**
 * Reads at an instant: that of an earlier page, the one that is given, or the present one. All in one snapshot, so that
 * the segments and what is behind them fit together.
 */
export async function readBooks<T>(
  { database, segmenter }: BookWork,
  context: TenantContext,
  { knownAsOf, ofPage }: { knownAsOf: string | undefined; ofPage?: string | undefined },
  read: (session: Session, cut: JournalCut) => Promise<T>,
): Promise<T> {
  const instant = knownAsOf === undefined && ofPage !== undefined ? ofPage : await momentOf(database, knownAsOf);
  const { answer, isLong } = await database.withTenant(
    context,
    async (session) => {
      const cut = await readCut(session, instant);
      return { answer: await read(session, cut), isLong: cut.isLong };
    },
    { isolation: 'repeatable read', readOnly: true },
  );
  if (isLong) segmenter.wake(context.tenantId);
  return answer;
}
