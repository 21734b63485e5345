import type { Database, Logger, Session, TenantContext } from '@outlay/platform';
import { type JournalCut, readCut } from './journal-cut.ts';
import { momentOf, presentMoment } from './moment.ts';
import type { Segmenter } from './segmenter.ts';

/** What reading the books takes. */
export interface BookWork {
  database: Database;
  segmenter: Pick<Segmenter, 'wake'>;
  logger: Logger;
}

/** A page of a list, as far as going on from it is concerned. */
interface Page {
  hasMore: boolean;
  /** The instant that the next page has to be of as well. */
  knownAsOf: string;
}

/**
 * Reads at an instant: that of an earlier page, the one that is given, or the present one. All in one snapshot, so that
 * the segments and what is behind them fit together.
 *
 * A list that goes on is of an instant that is final, or what is being committed would be missing from this page and count on
 * the next. Where nothing was recorded since the last such instant, it is that one; else the present one, about a
 * second later, once it is final. Throws what `momentOf` throws.
 */
export async function readBooks<T extends Page>(
  { database, segmenter }: BookWork,
  context: TenantContext,
  { knownAsOf, ofPage }: { knownAsOf: string | undefined; ofPage?: string | undefined },
  read: (session: Session, cut: JournalCut) => Promise<T>,
): Promise<T> {
  const readAt = async (instant: string, final?: string): Promise<{ page: T; hasNewer: boolean }> => {
    const { page, hasNewer, isLong } = await database.withTenant(
      context,
      async (session) => {
        const cut = await readCut(session, instant);
        const found = await read(session, cut);
        const asksNewer = final !== undefined && found.hasMore;
        return { page: found, isLong: cut.isLong, hasNewer: asksNewer && (await isRecordedAfter(session, final)) };
      },
      { isolation: 'repeatable read', readOnly: true },
    );
    if (isLong) segmenter.wake(context.tenantId);
    return { page, hasNewer };
  };
  const given = knownAsOf === undefined ? ofPage : await momentOf(database, knownAsOf);
  if (given !== undefined) return (await readAt(given)).page;
  const { instant, final } = await presentMoment(database);
  const { page, hasNewer } = await readAt(instant, final);
  if (hasNewer) return (await readAt(await momentOf(database, instant))).page;
  return page.hasMore ? { ...page, knownAsOf: final } : page;
}

/** Whether anything of the tenant's books shows that was not so at an instant: an entry, or an account's name or class. */
async function isRecordedAfter(session: Session, instant: string): Promise<boolean> {
  const { rows } = await session.query<{ is_newer: boolean }>(newerStatement, [session.tenantId, instant]);
  return rows[0]?.is_newer ?? false;
}

const newerStatement = {
  name: 'read_newer_than_books',
  text: `
select exists (
  select from postings as posting where posting.tenant_id = $1 and posting.recorded_at > $2
) or exists (
  select from ledger_accounts as present where present.tenant_id = $1 and present.created_at > $2
) or exists (
  select from former_ledger_accounts as former where former.tenant_id = $1 and former.known_until > $2
) as is_newer`,
};
