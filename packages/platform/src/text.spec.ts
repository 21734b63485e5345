import { describe, expect, it } from '@jest/globals';
import { hasInvisible, isBlank, shownName, toVisible } from './text.ts';

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

describe('Text of which nothing can be seen', () => {
  it.each([
    '',
    ' ',
    '\u00a0\u2003',
    '\u200b',
    '\u200d\u200c',
    '\u3164',
    '\u115f\uffa0',
    '\u2800',
    '\ufe0f',
    '\u202e\n',
  ])('is blank: %j', (text) => {
    expect(isBlank(text)).toBe(true);
    expect(toVisible(text.normalize())).toBe('');
    expect(shownName.safeParse(text).success).toBe(false);
  });

  it.each(['a', '\u200ba', '\u2060-', '❤\ufe0f', '0'])('is not %j', (text) => {
    expect(isBlank(text)).toBe(false);
  });
});

describe('A text of others', () => {
  it.each([
    ['Acme', 'Acme'],
    ['Acme\u202egnp.exe', 'Acmegnp.exe'],
    ['\u200bAc\u00adme\ufeff', 'Acme'],
    [' Acme \u200b', 'Acme'],
    ['Acme\tInc\n\u2028Ltd', 'Acme\tInc\nLtd'],
    ['شرکت می\u200cخواهم', 'شرکت می\u200cخواهم'],
    ['Brook  Sons', 'Brook  Sons'],
  ])('shows of %j what can be seen: %j', (text, visible) => {
    expect(toVisible(text)).toBe(visible);
  });
});
