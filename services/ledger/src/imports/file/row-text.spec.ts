import { expect, it } from '@jest/globals';
import { cut, lengthOf } from './row-text.ts';

it.each([
  ['short', 10, 'short'],
  ['exactly', 7, 'exactly'],
  ['too long', 3, 'too'],
  ['aaa😀b', 3, 'aaa'],
  ['aaa😀b', 4, 'aaa😀'],
  ['aaa😀b', 5, 'aaa😀b'],
])('cuts %j at %i characters: %j', (text, lengthMax, expected) => {
  expect(cut(text, lengthMax)).toBe(expected);
});

it('counts an emoji as one character, as the API does', () => {
  expect(['', 'ten', 'zehn €', '😀😀', '𠮷'].map(lengthOf)).toEqual([0, 3, 6, 2, 1]);
});
