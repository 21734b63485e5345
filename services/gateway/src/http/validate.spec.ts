import { describe, expect, it } from '@jest/globals';
import type { DomainError } from '@outlay/platform';
import { z } from 'zod';
import { validate } from './validate.ts';

function faults(schema: z.ZodType, value: unknown) {
  try {
    validate(schema, value);
    return [];
  } catch (error) {
    return (error as DomainError).details.map(({ field, code, message }) => `${field} ${code}: ${message}`);
  }
}

describe('validate', () => {
  const schema = z.strictObject({
    name: z.string().min(2).max(4),
    mark: z.string().min(1).optional(),
    kind: z.enum(['a', 'b']),
    tags: z.array(z.string()).max(1),
    limit: z.int().min(1),
    inner: z.strictObject({ day: z.iso.date() }),
  });
  const good = { name: 'abc', kind: 'a', tags: [], limit: 1, inner: { day: '2025-01-15' } };

  it('answers what the schema makes of it', () => {
    expect(validate(schema, good)).toEqual(good);
  });

  it.each<[unknown, string]>([
    [{ ...good, name: undefined }, 'name required: is required'],
    [{ ...good, name: 7 }, 'name invalid_type: must be a string'],
    [{ ...good, name: 'a' }, 'name too_small: must have at least 2 characters'],
    [{ ...good, mark: '' }, 'mark too_small: must have at least 1 character'],
    [{ ...good, name: 'abcde' }, 'name too_big: must have at most 4 characters'],
    [{ ...good, kind: 'c' }, 'kind invalid_value: must be one of a, b'],
    [{ ...good, tags: ['x', 'y'] }, 'tags too_big: must have at most 1 entry'],
    [{ ...good, tags: [1] }, 'tags[0] invalid_type: must be a string'],
    [{ ...good, limit: 0 }, 'limit too_small: must be at least 1'],
    [{ ...good, limit: 1.5 }, 'limit invalid_type: must be an integer'],
    [{ ...good, inner: { day: 'x' } }, 'inner.day invalid_format: must be a date of the calendar as YYYY-MM-DD'],
    [{ ...good, inner: { ...good.inner, extra: 1 } }, 'inner.extra unknown_field: is not a field of this request'],
    ['text', 'body invalid_type: must be an object'],
  ])('says of %j: %s', (value, fault) => {
    expect(faults(schema, value)).toEqual([fault]);
  });

  it('takes words and code from the schema where it has its own', () => {
    const own = z.string().refine(() => false, { error: 'is odd', params: { code: 'odd' } });
    expect(faults(z.strictObject({ x: own }), { x: '' })).toEqual(['x odd: is odd']);
  });
});
