import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { countOrdinals } from './count-ordinals.ts';

const print = (text: string): Buffer => createHash('sha256').update(text).digest();

describe('the ordinal of a row', () => {
  it('counts the equal rows before it, however many others there are', () => {
    const ordinals = countOrdinals();
    for (let round = 1; round <= 3; round++) {
      for (let index = 0; index < 5_000; index++) expect(ordinals.next(print(`row ${index}`))).toBe(round);
    }
    expect([ordinals.countOf(print('row 7')), ordinals.countOf(print('another'))]).toEqual([3, 0]);
  });

  it('counts a fingerprint of zeros like any other', () => {
    const { next } = countOrdinals();
    expect([next(Buffer.alloc(16)), next(print('x')), next(Buffer.alloc(16))]).toEqual([1, 1, 2]);
  });
});
