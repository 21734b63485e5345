import { expect, it } from '@jest/globals';
import { cut } from './row-text.ts';

it.each([
  ['short', 10, 'short'],
  ['exactly', 7, 'exactly'],
  ['too long', 3, 'too'],
  ['aaa😀b', 4, 'aaa'],
  ['aaa😀b', 5, 'aaa😀'],
])('cuts %j at %i without half a character: %j', (text, lengthMax, expected) => {
  expect(cut(text, lengthMax)).toBe(expected);
});
