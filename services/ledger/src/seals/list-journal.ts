import type { Database, TenantContext } from '@outlay/platform';
import type { JournalRecord } from './chain/entry-hash.ts';
import type { JournalSeal } from './chain/journal-chain.ts';
import type { ChainHead } from './chain/seal.ts';
import { readHead } from './read-chain.ts';
import { type JournalPosition, journalStart, readLoose, readSealed } from './read-journal.ts';

/** A seal with its entry, an entry that has no seal, or postings that have no entry. */
export interface JournalItem {
  seal: JournalSeal | undefined;
  entry: JournalRecord | undefined;
  isWaiting: boolean;
}

/** Where a listing goes on. */
export type ListingPosition = { sequence: bigint } | JournalPosition;

export interface JournalPage {
  items: JournalItem[];
  /** The newest seal, or what the ledger remembers as the newest where that is gone. */
  head: (ChainHead & { sealedAt?: string }) | undefined;
  /** What the ledger remembers as the end of the chain; 0 and zeros where that is before the first seal. */
  rememberedHead: ChainHead;
  /** Undefined on the last page. */
  next: ListingPosition | undefined;
}

/** Of the journal's own order so much is looked through for a page, nearly all of which has a seal. */
const stretchSize = 5_000;

/** A page of the journal for a check elsewhere: the seals with their entries, and after the last one what has no seal. */
export function listJournal(
  { database }: { database: Database },
  context: TenantContext,
  { after = { sequence: 0n }, limit }: { after?: ListingPosition | undefined; limit: number },
): Promise<JournalPage> {
  return database.withTenant(
    context,
    async (session) => {
      const { newest, ...rememberedHead } = await readHead(session, 'journal');
      const isNewestGone = rememberedHead.sequence > (newest?.sequence ?? 0n);
      const heads = { head: isNewestGone ? rememberedHead : newest, rememberedHead };
      if ('sequence' in after) {
        const { records, isEnd } = await readSealed(session, after.sequence, limit);
        // What is there more than once is shown more than once.
        const items = records.flatMap(({ seal, content: entry, isSealCopied, isContentCopied }) => {
          const item = { seal, entry, isWaiting: false };
          return isSealCopied || isContentCopied ? [item, item] : [item];
        });
        const last = isEnd ? undefined : records.at(-1);
        return { items, ...heads, next: last ? { sequence: last.seal.sequence } : journalStart };
      }
      const { records, end } = await readLoose(session, after, { stretchSize, limit });
      return { items: records.map((record) => ({ ...record, seal: undefined })), ...heads, next: end };
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}
