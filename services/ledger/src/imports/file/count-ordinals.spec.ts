import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { countOrdinals } from './count-ordinals.ts';

const print = (text: string): Buffer => createHash('sha256').update(text).digest();

describe('the ordinal of a row', () => {
  it('counts the equal rows before it, however many others there are', () => {
    const ordinalOf = countOrdinals();
    for (let round = 1; round <= 3; round++) {
      for (let index = 0; index < 5_000; index++) expect(ordinalOf(print(`row ${index}`))).toBe(round);
    }
  });

  it('counts a fingerprint of zeros like any other', () => {
    const ordinalOf = countOrdinals();
    expect([ordinalOf(Buffer.alloc(16)), ordinalOf(print('x')), ordinalOf(Buffer.alloc(16))]).toEqual([1, 1, 2]);
  });
});
