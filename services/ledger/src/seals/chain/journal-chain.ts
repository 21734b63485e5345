import { entryHashOf, type JournalRecord } from './entry-hash.ts';
import type { Chain, Seal } from './seal.ts';

/** What a seal of the journal says of its entry. */
export interface EntrySubject {
  readonly entryId: string;
  readonly entryRecordedAt: string;
  readonly entryHash: Buffer;
}

/** A seal of one journal entry with its postings. */
export type JournalSeal = Seal<EntrySubject>;

/** The chain over a tenant's journal. */
export const journalChain = (tenantId: string): Chain<EntrySubject, JournalRecord> => ({
  tenantId,
  version: 'outlay journal seal 1',
  linesOf: ({ entryId, entryRecordedAt, entryHash }) => [entryId, entryRecordedAt, entryHash.toString('hex')],
  describe: (entry) => ({
    ...{ entryId: entry.id, entryRecordedAt: entry.recordedAt },
    entryHash: entryHashOf(tenantId, entry),
  }),
  rehash: (subject, entry) => ({ ...subject, entryHash: entryHashOf(tenantId, entry) }),
  nameOf: ({ entryId }) => ({ entryId, noun: 'entry' }),
  // A seal that is not what its hash was made of says nothing of its entry but that it was there.
  faultOf(seal, entry, isWhole) {
    if (entry === undefined) return { kind: 'missing', detail: 'The entry is not in the journal any more' };
    if (!isWhole || entryHashOf(tenantId, entry).equals(seal.entryHash)) return undefined;
    return { kind: 'changed', detail: 'The entry or its postings are not what was sealed' };
  },
});
