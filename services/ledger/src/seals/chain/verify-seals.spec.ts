import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entryHashOf, type JournalRecord } from './entry-hash.ts';
import type * as examining from './examine-seals.ts';
import { type EntrySubject, type JournalSeal, journalChain } from './journal-chain.ts';
import { type ChainHead, emptyChain, sealHashOf, sealInOrder } from './seal.ts';
import { createSealKey } from './seal-key.ts';
import { verifySeals } from './verify-seals.ts';

type SealedRecord = examining.SealedRecord<EntrySubject, JournalRecord>;

const tenantId = '0197a3c0-0000-7000-8000-000000000001';
const chain = journalChain(tenantId);
const key = createSealKey('11'.repeat(32));
const sealedAt = '2025-01-15T10:30:01.000000Z';

const anEntry = (number: number, change: Partial<JournalRecord> = {}): JournalRecord => ({
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
  ...change,
});

/** A chain of as many entries as the batches have together. */
function chainOf(batches: readonly number[], by = key): SealedRecord[] {
  const records: SealedRecord[] = [];
  for (const size of batches) {
    const entries = Array.from({ length: size }, (_, index) => anEntry(records.length + index + 1));
    const head: ChainHead = records.at(-1)?.seal ?? emptyChain;
    const seals = sealInOrder(chain, head, entries, { key: by, sealedAt });
    records.push(...seals.map((seal, index) => ({ seal, content: entries[index] })));
  }
  return records;
}

const verify = (records: readonly SealedRecord[], before: examining.ChainStart = emptyChain) =>
  verifySeals(chain, before, records, key);

describe('the bytes of the format', () => {
  it('are those that the document says', () => {
    const text = [
      'outlay journal entry 1',
      '0197a3c0-0000-7000-8000-000000000001',
      '0197a3c0-5555-7000-8000-000000000001',
      '2025-01-15T10:30:00.123456Z',
      '2025-01-15',
      'expense',
      '0197a3c0-4444-7000-8000-000000000001',
      '',
      'USD',
      '12550',
      '0.970518',
      'given',
      '2025-01-15',
      '1 0197a3c0-1111-7000-8000-000000000001 EUR 12180',
      '2 0197a3c0-2222-7000-8000-000000000001 EUR -12180',
      '',
    ].join('\n');
    const [{ seal }] = chainOf([1]) as [SealedRecord];

    expect(entryHashOf(tenantId, anEntry(1))).toEqual(createHash('sha256').update(text).digest());
    expect(seal.hash.toString('hex')).toBe('b4fdf7b55086539f44c55230501d5545476b439b3a8cc5df8409f8e306a6bd2a');
    expect(seal.signature.toString('hex')).toBe(
      'f2ac331db936efa4f763bae0fbeafc0076f09a673349179209a82ed29dd85e8bd61659b463a022b5f6c0db698ac3625ab024c01a00072f9a840944ea8a8a8101',
    );
    expect(key.id).toBe('10ba682c8ad13513');
  });
});

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

  const bytes = Buffer.alloc(32, 7);
  const sealChanges: Partial<JournalSeal>[] = [
    { entryId: tenantId },
    { entryRecordedAt: sealedAt },
    { entryHash: bytes },
    { previousHash: bytes },
    { hash: bytes },
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

describe('what is done in the middle of a group of sixteen', () => {
  /** Seals 16, 32 and 40 are signed. */
  const records = chainOf([40]);
  const bytes = Buffer.alloc(32, 7);
  const change = (given: readonly SealedRecord[], sequence: number, different: Partial<JournalSeal>) =>
    given.with(sequence - 1, {
      ...given[sequence - 1]!,
      seal: { ...given[sequence - 1]!.seal, ...different },
    });
  const exchange = (given: readonly SealedRecord[], one: number, other: number) => {
    const [first, second] = [given[one - 1]!, given[other - 1]!];
    return given
      .with(one - 1, { ...second, seal: { ...second.seal, sequence: BigInt(one) } })
      .with(other - 1, { ...first, seal: { ...first.seal, sequence: BigInt(other) } });
  };
  const named = async (given: readonly SealedRecord[]) =>
    (await verify(given)).map(({ kind, sequence }) => `${kind} ${sequence}`);
  const each = (kind: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `${kind} ${from + index}`);
  const rewrite = (from: number, upTo: number) => {
    const forged = forge(records, from - 1, (entry) => ({ ...entry, amountMinor: 1n }));
    return records.map((record, index) => (index < upTo ? forged[index]! : record));
  };

  it.each([
    ...[
      [12, 13],
      [1, 2],
      [2, 15],
      [16, 17],
      [15, 16],
      [17, 32],
      [39, 40],
      [3, 38],
    ],
  ] as const)('names two seals that were exchanged, %i and %i, and no other', async (one, other) => {
    expect(await named(exchange(records, one, other))).toEqual([`reordered ${one}`, `reordered ${other}`]);
  });

  it('names seals that went round, and the entry of one that was changed as well', async () => {
    const moved = exchange(exchange(records, 5, 6), 6, 7);
    const at = moved[5]!;

    expect(await named(moved)).toEqual(each('reordered', 5, 7));
    expect(await named(moved.with(5, { ...at, content: { ...at.content!, amountMinor: 1n } }))).toEqual([
      ...['reordered 5', 'reordered 6', 'changed 6', 'reordered 7'],
    ]);
  });

  it.each([
    ['what it follows', { previousHash: bytes }],
    ['its hash', { hash: bytes }],
    ['what it says of its entry', { entryHash: bytes }],
    ['when it was made', { sealedAt: '2025-01-15T10:30:02.000000Z' }],
    ['its key', { keyId: 'another' }],
    ['what it follows and when it was made', { previousHash: bytes, sealedAt: '2025-01-15T10:30:02.000000Z' }],
  ])('names a seal of which %s was changed, and no other', async (_, different) => {
    for (const sequence of [1, 5, 15, 16, 17, 33, 40]) {
      expect(await named(change(records, sequence, different))).toEqual([`seal_changed ${sequence}`]);
    }
  });

  it('names each of several seals that were changed in one group, and no other', async () => {
    const changed = change(change(change(records, 4, { hash: bytes }), 5, { previousHash: bytes }), 9, {
      sealedAt: '',
    });

    expect(await named(changed)).toEqual(['seal_changed 4', 'seal_changed 5', 'seal_changed 9']);
  });

  it('names the signature that was changed or taken away, and no other seal', async () => {
    expect(await named(change(records, 16, { signature: Buffer.alloc(64, 7) }))).toEqual(['seal_changed 16']);
    expect(await named(change(records, 16, { signature: Buffer.alloc(0), keyId: '' }))).toEqual(['seal_changed 16']);
  });

  it('takes the newest group for rewritten where its signature is not good, as nothing behind it tells otherwise', async () => {
    expect(await named(change(records, 40, { signature: Buffer.alloc(64, 7) }))).toEqual(each('rewritten', 33, 40));
  });

  it('names the group in which a chain was made anew up to some seal that was left as it was', async () => {
    expect(await named(rewrite(5, 11))).toEqual(each('rewritten', 1, 11));
    expect(await named(rewrite(5, 20))).toEqual(each('rewritten', 1, 16));
    expect(await named(rewrite(20, 40))).toEqual(each('rewritten', 17, 32));
  });

  it('names the group in which a chain was made anew, whatever seal of it was broken as well', async () => {
    for (const [from, upTo, broken] of [
      ...[
        [5, 40, 12],
        [5, 40, 3],
        [5, 40, 16],
        [5, 16, 10],
        [5, 11, 8],
        [20, 40, 40],
      ],
    ] as const) {
      const found = await named(change(rewrite(from, upTo), broken, { entryHash: bytes }));

      expect(found).toContain(`seal_changed ${broken}`);
      expect(found).toContain(`rewritten ${from}`);
    }
    expect(await named(exchange(rewrite(5, 40), 12, 13))).toContain('rewritten 5');
    expect(await named(exchange(rewrite(5, 11), 8, 9))).toContain('rewritten 5');
  });

  it('says of seals for which one behind them cannot vouch any more that nothing does, and accuses none', async () => {
    const beyondRepair = { entryId: tenantId, sealedAt };

    expect(await verify(change(records, 12, beyondRepair))).toMatchObject([
      { kind: 'unproved', entryId: '', sequence: 1n, detail: expect.stringContaining('seals 1 to 11') },
      { kind: 'seal_changed', sequence: 12n },
    ]);
    expect(await named(change(records, 18, beyondRepair))).toEqual(['unproved 17', 'seal_changed 18']);
    expect(await named(change(records, 17, beyondRepair))).toEqual(['seal_changed 17']);
    expect(await named(records.toSpliced(11, 1))).toEqual(['unproved 1', 'seal_missing 12']);
  });

  it('never lets a chain that was made anew pass behind a seal that is broken beyond repair or gone', async () => {
    const hidden = rewrite(5, 11);
    const { hash } = hidden[10]!.seal;

    expect(await named(change(hidden, 12, { previousHash: hash }))).toEqual(['unproved 1', 'seal_changed 12']);
    expect(await named(hidden.toSpliced(11, 1))).toEqual(['unproved 1', 'seal_missing 12']);
    // What is made anew in part does not even fit together, and what should be signed has no good signature.
    const inPart = rewrite(5, 7);
    expect(await named(change(inPart, 12, { entryId: tenantId }))).toEqual([
      ...each('rewritten', 1, 11),
      'seal_changed 12',
    ]);
    expect(await named(rewrite(5, 20).toSpliced(20, 1))).toEqual([...each('rewritten', 1, 16), 'seal_missing 21']);
    expect(await named(rewrite(17, 20).toSpliced(20, 1))).toEqual(['unproved 17', 'seal_missing 21']);
  });

  it('names seals that were made anew and do not follow what was signed before them, though what is behind them is gone', async () => {
    const anew = (from: number) =>
      forge(change(records, from, { previousHash: bytes }), from - 1, (entry) => ({ ...entry, amountMinor: 1n }));
    const upTo = (from: number, last: number) => [...anew(from).slice(0, last), ...records.slice(last + 1)];

    expect(await named(upTo(17, 20))).toEqual([...each('rewritten', 17, 20), 'seal_missing 21']);
    expect(await named(upTo(1, 4))).toEqual([...each('rewritten', 1, 4), 'seal_missing 5']);
  });

  it('does not take what a step before has not proved for where the chain stood', async () => {
    const rest = records.slice(16);
    const start = { sequence: 16n, hash: bytes };

    expect(await verify(rest, start)).toMatchObject([{ kind: 'seal_changed', sequence: 17n }]);
    expect(await verify(rest, { ...start, isUnproved: true })).toEqual([]);
  });
});

/** What somebody without the key can do: everything fits together but the signatures. */
function forge(
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
