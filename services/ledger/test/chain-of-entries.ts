import { entryHashOf, type JournalRecord } from '../src/seals/chain/entry-hash.ts';
import type * as examining from '../src/seals/chain/examine-seals.ts';
import { type EntrySubject, journalChain } from '../src/seals/chain/journal-chain.ts';
import { type ChainHead, emptyChain, sealHashOf, sealInOrder } from '../src/seals/chain/seal.ts';
import { createSealKey } from '../src/seals/chain/seal-key.ts';
import { verifySeals } from '../src/seals/chain/verify-seals.ts';

export type SealedRecord = examining.SealedRecord<EntrySubject, JournalRecord>;

export const tenantId = '0197a3c0-0000-7000-8000-000000000001';
export const chain = journalChain(tenantId);
export const key = createSealKey('11'.repeat(32));
export const sealedAt = '2025-01-15T10:30:01.000000Z';

/** An entry of the journal with this number in its id. */
export const anEntry = (number: number): JournalRecord => ({
  id: `0197a3c0-5555-7000-8000-${String(number).padStart(12, '0')}`,
  recordedAt: '2025-01-15T10:30:00.123456Z',
  effectiveDate: '2025-01-15',
  kind: 'expense',
  expenseId: '0197a3c0-4444-7000-8000-000000000001',
  reversesEntryId: '',
  currency: 'USD',
  amountMinor: 12_550n,
  rate: '0.970518',
  rateSource: 'given',
  rateDate: '2025-01-15',
  postings: [
    { line: 1, ledgerAccountId: '0197a3c0-1111-7000-8000-000000000001', currency: 'EUR', amountMinor: 12_180n },
    { line: 2, ledgerAccountId: '0197a3c0-2222-7000-8000-000000000001', currency: 'EUR', amountMinor: -12_180n },
  ],
});

/** A chain of as many entries as the batches have together. */
export function chainOf(batches: readonly number[], by = key): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (const size of batches) {
    const entries = Array.from({ length: size }, (_, index) => anEntry(records.length + index + 1));
    const head: ChainHead = records.at(-1)?.seal ?? emptyChain;
    const seals = sealInOrder(chain, head, entries, { key: by, sealedAt });
    records.push(...seals.map((seal, index) => ({ seal, content: entries[index] })));
  }
  return records;
}

export const verify = (records: readonly SealedRecord[], before: examining.ChainStart = emptyChain) =>
  verifySeals(chain, before, records, key);

/** What somebody without the key can do: everything fits together but the signatures. */
export function forge(
  records: readonly SealedRecord[],
  from: number,
  change: (entry: JournalRecord) => JournalRecord,
): SealedRecord[] {
  let previousHash: Buffer = records[from]!.seal.previousHash;
  return records.map((record, index) => {
    if (index < from) return record;
    const entry = index === from ? change(record.content!) : record.content!;
    const link = { ...record.seal, previousHash, entryHash: entryHashOf(tenantId, entry) };
    previousHash = sealHashOf(chain, link);
    return { content: entry, seal: { ...link, hash: previousHash } };
  });
}

/** What is no hash of anything. */
export const noHash = Buffer.alloc(32, 7);
