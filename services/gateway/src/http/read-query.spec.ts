import { describe, expect, it } from '@jest/globals';
import { readQuery } from './read-query.ts';

const none = new Set<string>();

describe('readQuery', () => {
  it('reads names and values as they were meant', () => {
    expect(readQuery('/x?a=1&b=two+words&c=%26%3D&d=', none)).toEqual({ a: '1', b: 'two words', c: '&=', d: '' });
    expect(readQuery('/x?a=b=c', none)).toEqual({ a: 'b=c' });
    expect(readQuery('/x', none)).toEqual({});
    expect(readQuery('/x?&&', none)).toEqual({});
  });

  it('makes lists of what may be repeated, even of one', () => {
    const query = readQuery('/x?id=1&id=2&other=1', new Set(['id', 'other']));
    expect(query).toEqual({ id: ['1', '2'], other: ['1'] });
  });

  it('keeps __proto__ a name like any other', () => {
    const query = readQuery('/x?__proto__=1', none);
    expect(Object.keys(query)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
  });

  it.each(['/x?a=1&a=2', '/x?a=%', '/x?a=%00', '/x?%ff=1'])('refuses %s', (url) => {
    expect(() => readQuery(url, none)).toThrow();
  });
});
