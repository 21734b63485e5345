import { expect, it } from '@jest/globals';
import { createTenantPlaces } from './tenant-places.ts';

it('refuses what finds no place, without beginning it, and leaves another tenant its own', async () => {
  const places = createTenantPlaces({ ofTenant: 2 });
  const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const working = ends.map(({ promise }) => places.within('a', () => promise));
  let hasBegun = false;
  const begin = async () => {
    hasBegun = true;
    return 'done';
  };

  await expect(places.within('a', begin)).rejects.toMatchObject({ kind: 'unavailable', code: 'overloaded' });
  expect(hasBegun).toBe(false);
  expect(await places.within('b', begin)).toBe('done');

  ends[0]!.resolve('first');
  expect(await working[0]).toBe('first');
  expect(await places.within('a', begin)).toBe('done');
  ends[1]!.resolve('second');
  await working[1];
});

it('gives the place back where the work fails', async () => {
  const places = createTenantPlaces({ ofTenant: 1 });
  await expect(places.within('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await places.within('a', async () => 'done')).toBe('done');
});
