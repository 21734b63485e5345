import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  anEntry,
  chain,
  chainOf,
  forge,
  key,
  noHash,
  sealedAt,
  tenantId,
  verify,
} from '../../../test/chain-of-entries.ts';
import type { JournalRecord } from './entry-hash.ts';
import type { JournalSeal } from './journal-chain.ts';
import { emptyChain } from './seal.ts';
import { createSealKey } from './seal-key.ts';
import { verifySeals } from './verify-seals.ts';

describe('holding a chain against itself and its entries', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

  it('finds nothing in what was not touched, in whatever batches it was sealed and in parts as well', () =>
    fc.assert(
      fc.asyncProperty(sizes, async (batches) => {
        const records = chainOf(batches);
        const [first = 1] = batches;

        expect(await verify(records)).toEqual([]);
        expect(await verify(records.slice(first), records[first - 1]!.seal)).toEqual([]);
      }),
      { numRuns: 25 },
    ));

  const entryChanges: Partial<JournalRecord>[] = [
    { id: '0197a3c0-5555-7000-8000-999999999999' },
    { recordedAt: '2025-01-15T10:30:00.123457Z' },
    { effectiveDate: '2025-01-16' },
    { kind: 'reversal' },
    { expenseId: tenantId },
    { reversesEntryId: tenantId },
    { currency: 'EUR' },
    { amountMinor: 12_551n },
    { rate: '0.9705180' },
    { rateSource: 'billed' },
    { rateDate: '2025-01-14' },
    { postings: anEntry(1).postings.slice(1) },
    { postings: anEntry(1).postings.toReversed() },
  ];

  it('names the entry of which anything was changed, and no other', () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.constantFrom(...entryChanges), async (batches, at, change) => {
        const records = chainOf(batches);
        const index = at % records.length;
        const record = records[index]!;

        const found = await verify(records.with(index, { ...record, content: { ...record.content!, ...change } }));

        expect(found).toMatchObject([{ kind: 'changed', entryId: record.seal.entryId }]);
      }),
      { numRuns: 60 },
    ));

  const sealChanges: Partial<JournalSeal>[] = [
    { entryId: tenantId },
    { entryRecordedAt: sealedAt },
    { entryHash: noHash },
    { previousHash: noHash },
    { hash: noHash },
    { sealedAt: '2025-01-15T10:30:02.000000Z' },
    { keyId: 'another' },
  ];

  it('names the seal of which anything was changed', () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.constantFrom(...sealChanges), async (batches, at, change) => {
        const records = chainOf(batches);
        const index = at % records.length;
        const record = records[index]!;

        const found = await verify(records.with(index, { ...record, seal: { ...record.seal, ...change } }));

        expect(found).toContainEqual(expect.objectContaining({ kind: 'seal_changed', sequence: record.seal.sequence }));
      }),
      { numRuns: 60 },
    ));

  it('names where a chain that was made anew without the key begins, within its group of sixteen', () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (batches, at) => {
        const records = chainOf(batches);
        const index = at % records.length;
        const forged = forge(records, index, (entry) => ({ ...entry, amountMinor: 1n }));

        const found = await verify(forged);

        expect(found.length).toBeLessThanOrEqual(16);
        expect(found).toContainEqual(
          expect.objectContaining({ kind: 'rewritten', entryId: records[index]!.seal.entryId }),
        );
      }),
      { numRuns: 40 },
    ));

  it('finds seals that are gone from the middle', async () => {
    const records = chainOf([1, 1, 1, 1]);

    expect(await verify(records.toSpliced(1, 2))).toMatchObject([
      { kind: 'seal_missing', sequence: 2n, detail: 'Seals 2 to 3 are gone' },
    ]);
  });

  it('takes signatures of a key that has been replaced, and of no other', async () => {
    const old = createSealKey('22'.repeat(32));
    const records = chainOf([3], old);
    const replaced = createSealKey('11'.repeat(32), [...old.publicKeys.values()]);

    expect(await verifySeals(chain, emptyChain, records, replaced)).toEqual([]);
    expect(await verifySeals(chain, emptyChain, records, key)).toMatchObject([
      { kind: 'rewritten', sequence: 1n },
      { kind: 'rewritten', sequence: 2n },
      { kind: 'rewritten', sequence: 3n },
    ]);
  });
});
