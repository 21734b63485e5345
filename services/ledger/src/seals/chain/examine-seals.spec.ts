import { describe, expect, it } from '@jest/globals';
import {
  chainOf,
  forge,
  noHash,
  type SealedRecord,
  sealedAt,
  tenantId,
  verify,
} from '../../../test/chain-of-entries.ts';
import type { JournalSeal } from './journal-chain.ts';

describe('what is done in the middle of a group of sixteen', () => {
  /** Seals 16, 32 and 40 are signed. */
  const records = chainOf([40]);
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
    ['what it follows', { previousHash: noHash }],
    ['its hash', { hash: noHash }],
    ['what it says of its entry', { entryHash: noHash }],
    ['when it was made', { sealedAt: '2025-01-15T10:30:02.000000Z' }],
    ['its key', { keyId: 'another' }],
    ['what it follows and when it was made', { previousHash: noHash, sealedAt: '2025-01-15T10:30:02.000000Z' }],
  ])('names a seal of which %s was changed, and no other', async (_, different) => {
    for (const sequence of [1, 5, 15, 16, 17, 33, 40]) {
      expect(await named(change(records, sequence, different))).toEqual([`seal_changed ${sequence}`]);
    }
  });

  it('names each of several seals that were changed in one group, and no other', async () => {
    const changed = change(change(change(records, 4, { hash: noHash }), 5, { previousHash: noHash }), 9, {
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
      const found = await named(change(rewrite(from, upTo), broken, { entryHash: noHash }));

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
      forge(change(records, from, { previousHash: noHash }), from - 1, (entry) => ({ ...entry, amountMinor: 1n }));
    const upTo = (from: number, last: number) => [...anew(from).slice(0, last), ...records.slice(last + 1)];

    expect(await named(upTo(17, 20))).toEqual([...each('rewritten', 17, 20), 'seal_missing 21']);
    expect(await named(upTo(1, 4))).toEqual([...each('rewritten', 1, 4), 'seal_missing 5']);
  });

  it('does not take what a step before has not proved for where the chain stood', async () => {
    const rest = records.slice(16);
    const start = { sequence: 16n, hash: noHash };

    expect(await verify(rest, start)).toMatchObject([{ kind: 'seal_changed', sequence: 17n }]);
    expect(await verify(rest, { ...start, isUnproved: true })).toEqual([]);
  });
});
