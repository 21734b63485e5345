import { randomUUID } from 'node:crypto';
import { importFile } from '../drivers/imports.ts';
import type { OutlayClient, SignedIn } from '../drivers/outlay-client.ts';
import type { IdKind } from './id-places.ts';

/** A tenant with something of every kind in it, each text of which holds the canary. */
export interface FurnishedTenant {
  owner: SignedIn & { email: string; subdomain: string };
  ids: Record<IdKind, string>;
  canary: string;
  /** All that the owner can see, to be compared with what it is later. */
  read: () => Promise<unknown[]>;
}

const lists = [
  '/expenses?status=all',
  '/categories',
  '/accounts',
  '/projects',
  '/imports',
  '/notifications/deliveries',
];

export async function furnishTenant(outlay: OutlayClient): Promise<FurnishedTenant> {
  const owner = await outlay.registerTenant({ currency: 'EUR' });
  const canary = `canary-${randomUUID()}`;
  const key = randomUUID();
  const post = async (path: string, body: object, headers?: Record<string, string>) => {
    const answer = await owner.call('POST', path, body, headers);
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body.id as string;
  };
  await owner.call('PATCH', '/tenant', { name: canary });
  const category = await post('/categories', { name: canary });
  const account = await post('/accounts', { name: canary, kind: 'card', currency: 'EUR' });
  const project = await post('/projects', { name: canary });
  // Lists of two have a cursor.
  await post('/categories', { name: `${canary} again` });
  await post('/accounts', { name: `${canary} again`, kind: 'cash', currency: 'EUR' });
  await post('/projects', { name: `${canary} again` });
  const expense = {
    amount: '12.50',
    currency: 'EUR',
    title: canary,
    expense_date: '2025-01-15',
    tags: [canary],
    category_id: category,
    account_id: account,
    project_id: project,
  };
  const first = await post('/expenses', expense, { 'idempotency-key': key });
  await post('/expenses', expense);
  const csv = `Date,Description,Amount\n2025-01-02,${canary},4.20\n2025-01-03,${canary},not a number\n`;
  const { id: imported } = await importFile(owner, csv);
  await importFile(owner, `${csv}\n`);
  const me = await owner.call('GET', '/users/me');
  const page = await owner.call('GET', '/expenses?limit=1');
  const read = (path: string) => owner.call('GET', path).then(({ status, body }) => ({ path, status, body }));
  return {
    owner,
    canary,
    ids: {
      expense: first,
      category,
      account,
      project,
      key,
      import: imported,
      user: me.body.user.id,
      tenant: owner.tenantId,
      cursor: page.body.pagination.next_cursor,
    },
    read: () =>
      Promise.all(
        [
          ...lists,
          '/tenant',
          '/users/me',
          `/expenses/${first}`,
          `/imports/${imported}/rows`,
          '/stats/summary?month=2025-01',
        ].map(read),
      ),
  };
}
