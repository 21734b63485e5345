import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defused, restored } from './write-csv.ts';

const marks = ['=', '+', '-', '@', '＝', '＋', '－', '＠', "'", ';', '\t', '\n', '\r', '\r\n', '"', '\\', ' ', 'a'];
const texts = fc.string({ unit: fc.constantFrom(...marks), maxLength: 12 });
const withLineFeeds = (text: string) => text.replace(/\r\n?/g, '\n');

describe('a text that is defused', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ["'=1+1", "''=1+1"],
    ['a;=1;＝2', "a;'=1;'＝2"],
    ['a\t=1', "a\t'=1"],
    ['a\r\n=1\r@b', "a\n'=1\n'@b"],
    ['Paper;\r\nInk', 'Paper;\nInk'],
    ["it's; a-b", "it's; a-b"],
  ])('%j stands as %j', (text, written) => {
    expect(defused(text)).toBe(written);
  });

  it('comes back as it was, with its line breaks as line feeds, though its reader folds them as well', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(restored(withLineFeeds(defused(text)))).toBe(withLineFeeds(text));
      }),
      { numRuns: 20_000 },
    );
  });

  it('has no formula where a program may begin a cell', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const part of defused(text).split(/[;\t\r\n]/)) expect(part).not.toMatch(/^[=+\-@＝＋－＠]/);
      }),
      { numRuns: 5_000 },
    );
  });
});
