import { describe, expect, it } from '@jest/globals';
import { hasInvisible } from './text.ts';

describe('Characters that cannot be seen', () => {
  it.each([
    ['a NUL', 'Acme\0'],
    ['a line break', 'Acme\nInc'],
    ['a line separator', 'Acme\u2028Inc'],
    ['an override of writing direction', 'Acme\u202egnp.exe'],
    ['an isolate', 'Acme\u2066Inc'],
    ['a mark of direction', 'Acme\u200f'],
    ['a zero width space', 'Ac\u200bme'],
    ['a soft hyphen', 'Ac\u00adme'],
    ['a byte order mark', '\ufeffAcme'],
    ['a tag', 'Acme\u{e0041}'],
    ['half of a surrogate pair', 'Acme\ud83d'],
  ])('are found: %s', (_name, text) => {
    expect(hasInvisible(text)).toBe(true);
  });

  it.each(['Acme & Söhne GmbH', 'شرکت می\u200cخواهم', 'ശ്രീ\u200d', 'Family 👨\u200d👩\u200d👧', 'Brook  Sons', ''])(
    'are not what people write: %s',
    (text) => {
      expect(hasInvisible(text)).toBe(false);
    },
  );
});
