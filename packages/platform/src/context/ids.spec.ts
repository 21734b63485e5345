import { expect, it } from '@jest/globals';
import { validate, version } from 'uuid';
import { isUuid, newId } from './ids.ts';

it('makes ids that are UUIDs of version 7, never twice the same, each behind the one before', () => {
  const ids = Array.from({ length: 5_000 }, newId);

  expect(ids.every((id) => isUuid(id) && validate(id) && version(id) === 7)).toBe(true);
  expect(new Set(ids).size).toBe(5_000);
  expect(ids.toSorted()).toEqual(ids);
});

it('makes ids of which the last 32 bits cannot be told from those before', () => {
  const tails = Array.from({ length: 2_000 }, () => newId().slice(-8));

  expect(new Set(tails).size).toBeGreaterThan(1_990);
});
