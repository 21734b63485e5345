import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { typeParsers } from './type-parsers.ts';

const timestamptz = 1184;
const textArray = 1009;
const ours = (oid: number) => typeParsers.getTypeParser(oid, 'text') as (text: string) => unknown;
const theirs = (oid: number) => pg.types.getTypeParser(oid as typeof timestamptz) as (text: string) => unknown;

describe('an instant is read as pg reads it', () => {
  it.each([
    '2026-11-21 10:20:30+00',
    '2026-11-21 10:20:30.5+00',
    '2026-11-21 10:20:30.123456+00',
    '2026-11-21 10:20:30.123+02',
    '2026-11-21 10:20:30.123+05:30',
    '0099-02-03 00:00:00+00',
  ])('%s', (text) => {
    expect(ours(timestamptz)(text)).toEqual(theirs(timestamptz)(text));
  });

  it.each([
    ['0044-03-15 12:00:00+00 BC', '0001-01-01T00:00:00.000Z'],
    ['4713-01-01 00:00:00.123456+00 BC', '0001-01-01T00:00:00.000Z'],
    ['-infinity', '0001-01-01T00:00:00.000Z'],
    ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31 23:59:59.999+00', '9999-12-31T23:59:59.999Z'],
    ['12026-11-21 10:20:30+00', '9999-12-31T23:59:59.999Z'],
    ['294276-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999Z'],
    ['infinity', '9999-12-31T23:59:59.999Z'],
  ])('but %s, if no message can tell it, as the nearest that one can', (text, nearest) => {
    expect(ours(timestamptz)(text)).toEqual(new Date(nearest));
  });

  it('to the millisecond, what is finer being cut off', () => {
    const any = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 999 }), (instant, micros) => {
        const text = `${instant.toISOString().slice(0, -1).replace('T', ' ')}${String(micros).padStart(3, '0')}+00`;
        expect(ours(timestamptz)(text)).toEqual(instant);
      }),
    );
  });
});

describe('an array of texts is read as pg reads it', () => {
  it.each([
    '{}',
    '{a}',
    '{a,b c}',
    '{"a,b",c}',
    '{NULL,a}',
    '{"NULL"}',
    '{"a\\"b","c\\\\d"}',
    '{{a,b},{c,d}}',
    '{null_,x}',
  ])('%s', (text) => {
    expect(ours(textArray)(text)).toEqual(theirs(textArray)(text));
  });
});
