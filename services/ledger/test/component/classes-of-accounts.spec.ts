import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { migrateSchema } from '@outlay/platform';
import { booksOf } from './driver/books.ts';
import { referencesOf } from './driver/references.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

const directories = [fileURLToPath(new URL('../../migrations', import.meta.url))];

/** As one release after the other moves the books of all tenants, or moves them back. */
async function goTo(direction: 'up' | 'down'): Promise<void> {
  const target = { schema: 'ledger', directories, direction };
  if (direction === 'up') await migrateSchema(ledger.database.adminUrl, target);
  let last = '';
  while (direction === 'down' && !last.startsWith('ledger/0185')) {
    [last = ''] = await migrateSchema(ledger.database.adminUrl, { ...target, most: 1 });
  }
}

it('accounts that were shown as assets once stay that for whoever asks for the books of then', async () => {
  const tenant = await ledger.tenant();
  const books = booksOf(ledger);
  const { create, change, remove } = referencesOf(ledger).account;
  const classesAt = async (knownAsOf?: string) =>
    (await books.balances(tenant.owner, knownAsOf === undefined ? {} : { knownAsOf })).accounts
      .filter(({ account }) => !account!.id.startsWith('00000000'))
      .map(({ account }) => `${account!.name}: ${account!.class}`);
  await create(tenant.owner, 'Bank', { kind: 'bank' });
  const { id } = await create(tenant.owner, 'Card');
  const first = await books.now();
  await goTo('down');
  await change(tenant.owner, id, { name: 'Golden' });
  const { id: passing } = await create(tenant.owner, 'Passing', { kind: 'loan' });
  const before = await books.now();
  await remove(tenant.owner, passing);
  const seenBefore = await books.balances(tenant.owner, { knownAsOf: before });

  await goTo('up');

  expect(await classesAt()).toEqual(['Bank: asset', 'Golden: liability']);
  expect(await books.balances(tenant.owner, { knownAsOf: before })).toEqual(seenBefore);
  expect(await classesAt(before)).toEqual(['Bank: asset', 'Golden: asset', 'Passing: asset']);
  expect(await classesAt(first)).toEqual(['Bank: asset', 'Card: liability']);
});
