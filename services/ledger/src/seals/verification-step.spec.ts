import { describe, expect, it } from '@jest/globals';
import { cursorMaxLength, encodeCursor } from '@outlay/platform';
import { type RememberedHead, sequenceMax } from './read-chain.ts';
import { shorten, toWhole, type VerificationCounts, type VerificationPosition } from './verification-step.ts';

const sealedAt = '2025-01-15T10:30:00.123456Z';
const headOf = (digit: string): RememberedHead => {
  const head = { sequence: 17n, hash: Buffer.from(digit.repeat(64), 'hex') };
  return { ...head, newest: { ...head, sealedAt } };
};

describe('A position that is made short', () => {
  it.each<[string, RememberedHead]>([
    ['of a chain that ends where the ledger left it', headOf('a')],
    ['of one that ends elsewhere', { ...headOf('a'), sequence: 18n }],
    ['of one with another end', { ...headOf('a'), hash: Buffer.alloc(32) }],
    ['of one without seals', { ...headOf('a'), newest: undefined }],
  ])('can be made whole again: %s', (_what, head) => {
    const bound = { ...head, audit: headOf('b'), recordedAt: sealedAt };
    const short = shorten({ ...counts, bound, phase: 'segments', afterNumber: 1 });

    expect(toWhole({ ...short.bound, audit: toWhole(short.bound.audit) })).toEqual(bound);
  });

  it('tells a head once, where nobody has changed it', () => {
    const bound = { ...headOf('a'), audit: headOf('b'), recordedAt: sealedAt };
    const cursor = encodeCursor(shorten({ ...counts, bound, phase: 'segments', afterNumber: 1 }));

    for (const digit of 'ab')
      expect(Buffer.from(cursor, 'base64url').toString().split(digit.repeat(64))).toHaveLength(2);
  });

  it('can be given out whatever stands in the rows', () => {
    const hash = (byte: number) => Buffer.alloc(65, byte);
    const longest = '294276-12-31 23:59:59.999999+00 AD';
    const chain = (byte: number): RememberedHead => ({
      ...{ sequence: sequenceMax, hash: hash(byte) },
      newest: { sequence: sequenceMax, hash: hash(byte + 1), sealedAt: longest },
    });
    const position: VerificationPosition = {
      ...{ ...counts, oldest: longest, bound: { ...chain(1), audit: chain(3), recordedAt: sealedAt } },
      ...{ phase: 'audit_seals', head: { sequence: sequenceMax, hash: hash(5), isUnproved: false } },
    };

    expect(encodeCursor(shorten(position)).length).toBeLessThanOrEqual(cursorMaxLength);
  });
});

const most = Number.MAX_SAFE_INTEGER;
const counts: VerificationCounts = {
  ...{ entries: most, sealed: most, unsealed: most, oldest: undefined, expenses: most, accounts: most },
  ...{ references: most, auditEntries: most, auditSealed: most, auditUnsealed: most },
  bound: { ...headOf('a'), audit: headOf('b'), recordedAt: sealedAt },
};
