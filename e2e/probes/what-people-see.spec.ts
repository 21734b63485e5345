import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform } from '@outlay/testkit';
import { addMembers } from '../drivers/add-members.ts';
import { importFile } from '../drivers/imports.ts';
import { createOutlayClient, type OutlayClient, ownerPassword, type SignedIn } from '../drivers/outlay-client.ts';
import { platformAdmin, raisePlan } from '../drivers/platform-admin.ts';
import { subjectEnvironment } from '../fuzz/subject.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const people = ['owner', 'admin', 'analyst', 'member', 'colleague'] as const;
type Name = (typeof people)[number];

let platform: TestPlatform;
let outlay: OutlayClient;
let as: Record<Name, SignedIn>;
/** What each of those who may write has recorded and imported. */
const expenses = new Map<Name, string>();
const imports = new Map<Name, string>();
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: subjectEnvironment });
  outlay = createOutlayClient(platform.gatewayUrl);
  const owner = await outlay.registerTenant({ currency: 'EUR' });
  await raisePlan(outlay, owner.tenantId);
  const made = await addMembers(platform, owner.tenantId, ['admin', 'analyst', 'member']);
  const another = await addMembers(platform, owner.tenantId, ['member']);
  const signIn = ({ email }: { email: string }) => outlay.signIn(email, ownerPassword);
  as = {
    owner,
    admin: await signIn(made.admin),
    analyst: await signIn(made.analyst),
    member: await signIn(made.member),
    colleague: await signIn(another.member),
  };
  for (const name of ['owner', 'admin', 'member', 'colleague'] as const) {
    const expense = { amount: '12.50', currency: 'EUR', title: `Of ${name}`, expense_date: '2025-01-15' };
    expenses.set(name, (await as[name].call('POST', '/expenses', expense)).body.id);
    const file = `Date,Description,Amount\n2025-01-02,Imported by ${name},4.20\n2025-01-03,Nothing,x\n`;
    imports.set(name, (await importFile(as[name], file)).id);
  }
});
afterAll(() => platform?.stop());

const idsOf = async (name: Name, path: string): Promise<string[]> => {
  const { body } = await as[name].call('GET', path);
  return body.data.map(({ id }) => id);
};

describe('a member', () => {
  it('finds their own expenses in lists, and nobody else’s by any filter', async () => {
    const everything = await as.owner.call('GET', '/expenses?limit=200');
    const own = everything.body.data.filter(({ title }) => /Of member|by member/.test(title));
    const { user } = (await as.owner.call('GET', '/users/me')).body;

    expect(own).toHaveLength(2);
    expect((await idsOf('member', '/expenses')).sort()).toEqual(own.map(({ id }: { id: string }) => id).sort());
    expect(await idsOf('member', `/expenses?user_id=${user.id}`)).toEqual([]);
    expect(await idsOf('member', '/expenses?status=all&limit=200')).toHaveLength(2);
    for (const filter of ['q=of', 'q=imported', 'sort=-amount', 'currency=EUR', 'category_id=none', 'amount_min=0']) {
      const ids = await idsOf('member', `/expenses?${filter}`);
      expect(own.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(ids));
    }
  });

  it.each(['owner', 'admin', 'colleague'] as const)('cannot see or change an expense of the %s', async (name) => {
    const path = `/expenses/${expenses.get(name)}`;
    const before = await as.owner.call('GET', path);

    const whole = { amount: '1.00', currency: 'EUR', title: 'Mine', expense_date: '2025-01-15' };
    for (const [method, body] of [['GET'], ['PUT', whole], ['PATCH', { title: 'Mine' }], ['DELETE']] as const) {
      expect(await as.member.call(method, path, body)).toMatchObject({
        status: 404,
        body: { code: 'expense_not_found' },
      });
    }
    expect((await as.owner.call('GET', path)).body).toEqual(before.body);
  });

  it.each(['owner', 'admin', 'colleague'] as const)('finds no import of the %s, nor its rows', async (name) => {
    const id = imports.get(name);

    expect(await idsOf('member', '/imports')).toEqual([imports.get('member')]);
    for (const path of [`/imports/${id}`, `/imports/${id}/rows`]) {
      expect(await as.member.call('GET', path)).toMatchObject({ status: 404, body: { code: 'import_not_found' } });
    }
    expect((await as.member.call('GET', `/imports/${imports.get('member')}/rows`)).status).toBe(200);
  });

  it('adds up and exports their own expenses, and nobody else’s', async () => {
    const { user } = (await as.owner.call('GET', '/users/me')).body;

    const totals = await as.colleague.call('GET', '/expenses/totals');
    const ofOwner = await as.colleague.call('GET', `/expenses/totals?user_id=${user.id}`);
    const file = await as.colleague.call('GET', '/expenses/export');

    expect(totals.body).toMatchObject({ count: 2, booked_amount: '16.70' });
    expect(ofOwner.body).toMatchObject({ count: 0, booked_amount: '0.00' });
    expect(file.body).toContain('Of colleague');
    expect(file.body).not.toMatch(/Of (?:owner|admin|member)|by (?:owner|admin|member)/);
  });

  it.each(['owner', 'colleague'] as const)('reads no history of an expense of the %s', async (name) => {
    const history = await as.member.call('GET', `/expenses/${expenses.get(name)}/history`);

    expect(history).toMatchObject({ status: 404, body: { code: 'expense_not_found' } });
  });

  it('changes and takes back what is their own', async () => {
    const expense = { amount: '3.00', currency: 'EUR', title: 'Mine', expense_date: '2025-01-16' };
    const path = `/expenses/${(await as.member.call('POST', '/expenses', expense)).body.id}`;

    expect(await as.member.call('PATCH', path, { title: 'Ours' })).toMatchObject({ body: { title: 'Ours' } });
    expect(await as.member.call('DELETE', path)).toMatchObject({ body: { status: 'reversed' } });
  });

  it('reads the figures of what is their own', async () => {
    const { user } = (await as.owner.call('GET', '/users/me')).body;
    const summary = (query: string) => as.member.call('GET', `/stats/summary?month=2025-01${query}`);

    await eventually(async () =>
      expect(await summary('')).toMatchObject({ status: 200, body: { total: '16.70', count: 2 } }),
    );
    expect(await summary(`&user_id=${user.id}`)).toMatchObject({ status: 200, body: { total: '0.00', count: 0 } });
  });
});

describe('an analyst', () => {
  it('reads what everybody recorded and imported', async () => {
    const seen = [...(await idsOf('analyst', '/expenses?limit=200')), ...(await idsOf('analyst', '/imports'))];

    expect(seen).toEqual(expect.arrayContaining([...expenses.values(), ...imports.values()]));
  });

  it('writes nothing financial', async () => {
    const path = `/expenses/${expenses.get('owner')}`;
    const whole = { amount: '1.00', currency: 'EUR', title: 'Mine', expense_date: '2025-01-15' };
    const csv = { 'content-type': 'text/csv' };
    const state = async () =>
      Promise.all(
        ['/expenses?status=all&limit=200', '/imports', '/categories', '/accounts', '/projects'].map((list) =>
          idsOf('owner', list),
        ),
      );
    const before = [await state(), (await as.owner.call('GET', path)).body];

    const writes = [
      ['POST', '/expenses', whole],
      ['PUT', path, whole],
      ['PATCH', path, { title: 'Mine' }],
      ['DELETE', path],
      ['POST', '/imports', 'Date,Description,Amount\n2025-01-02,x,1.00\n', csv],
      ['POST', '/categories', { name: 'Mine' }],
      ['POST', '/accounts', { name: 'Mine', kind: 'cash', currency: 'EUR' }],
      ['POST', '/projects', { name: 'Mine' }],
    ] as const;
    for (const [method, place, body, headers] of writes) {
      expect([place, await as.analyst.call(method, place, body, headers)]).toMatchObject([
        place,
        { status: 403, body: { code: 'role_required' } },
      ]);
    }
    expect([await state(), (await as.owner.call('GET', path)).body]).toEqual(before);
  });
});

describe('a platform admin', () => {
  it('has no rights in a tenant, named or not', async () => {
    const admin = await outlay.signIn(platformAdmin.email, platformAdmin.password);
    const reads = [
      '/expenses',
      '/imports',
      '/members',
      '/invitations',
      '/api-keys',
      '/security-events',
      '/tenant',
      '/categories',
    ];

    for (const path of [...reads, `/expenses/${expenses.get('owner')}`]) {
      expect([path, (await admin.call('GET', path)).status]).toEqual([path, 403]);
      const named = await admin.call('GET', path, undefined, { 'x-tenant-id': as.owner.tenantId });
      expect([path, named.status]).toEqual([path, 403]);
    }
    const entered = await admin.call('POST', '/auth/switch-tenant', { tenant_id: as.owner.tenantId });
    expect(entered.status).toBe(404);
  });
});
