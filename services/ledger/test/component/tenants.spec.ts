import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { tenancy } from '@outlay/contracts';
import { anonymousContext, toTenantId } from '@outlay/platform';
import { eventually, newTenant } from '@outlay/testkit';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
/** What tenancy-billing would answer, by tenant; an error is thrown as gRPC would. */
const described = new Map<string, tenancy.GetTenantResponse | { code: number }>();
beforeAll(async () => {
  ledger = await startLedger({
    tenancy: {
      getTenant: (request: tenancy.GetTenantRequest) => {
        const answer = described.get(request.tenantId) ?? { code: 5 };
        if ('code' in answer) throw Object.assign(new Error('refused'), answer);
        return answer;
      },
    },
  });
});
afterAll(() => ledger.stop());

describe('a tenant’s events', () => {
  it('tell the ledger its settings and what it may use', async () => {
    const { tenantId } = newTenant();

    await register(tenantId, 1, 'EUR');
    await entitle(tenantId, 2, 'professional');

    await eventually(async () => {
      expect(await stored(tenantId)).toMatchObject({
        currency: 'EUR',
        timezone: 'Europe/Berlin',
        date_format: 'DD.MM.YYYY',
        settings_version: '1',
        plan: 'professional',
        entitlements: [{ metric: 'users', limit: '2', mode: 'hard' }],
        entitlements_version: '2',
      });
    });
  });

  it('count in the order of their versions, however they arrive', async () => {
    const { tenantId } = newTenant();

    await update(tenantId, 3, { currency: 'JPY', timezone: 'Asia/Tokyo' });
    await eventually(async () => expect(await stored(tenantId)).toMatchObject({ settings_version: '3' }));
    await update(tenantId, 2, { currency: 'USD', timezone: 'America/New_York' });
    await register(tenantId, 1, 'EUR');

    await eventually(async () => {
      expect(await ledger.query('select event_id from ledger.inbox where tenant_id = $1', [tenantId])).toHaveLength(3);
    });
    expect(await stored(tenantId)).toMatchObject({ settings_version: '3', currency: 'JPY', timezone: 'Asia/Tokyo' });
    expect(await stored(tenantId)).toMatchObject({ plan: 'basic', entitlements: [{ metric: 'projects' }] });

    await entitle(tenantId, 5, 'professional');
    await entitle(tenantId, 4, 'basic');
    await eventually(async () => {
      expect(await ledger.query('select event_id from ledger.inbox where tenant_id = $1', [tenantId])).toHaveLength(5);
    });
    expect(await stored(tenantId)).toMatchObject({ plan: 'professional', entitlements: [{ limit: '5' }] });
  });

  it('leave the currency alone, which is asked for', async () => {
    const tenant = await ledger.tenant({ currency: 'EUR' });
    await setCurrency(tenant.tenantId, 'USD');

    await update(tenant.tenantId, 2, { currency: 'EUR', timezone: 'Asia/Tokyo' });

    await eventually(async () => expect(await stored(tenant.tenantId)).toMatchObject({ settings_version: '2' }));
    expect(await stored(tenant.tenantId)).toMatchObject({ currency: 'USD', timezone: 'Asia/Tokyo' });
  });
});

describe('a tenant that the ledger has not heard of', () => {
  it('is asked for at tenancy-billing, once', async () => {
    const { tenantId, ownerId } = newTenant();
    described.set(tenantId, describedAs(tenantId, 'GBP'));
    const tenant = await callerOf(tenantId, ownerId);

    const pounds = { amount: { currency: 'GBP', amountMinor: 100n } };
    const { expense } = await ledger.client.recordExpense(tenant, { input: anExpense(pounds) });
    await ledger.client.recordExpense(tenant, { input: anExpense(pounds) });

    expect(expense).toMatchObject({ booked: { currency: 'GBP', amountMinor: 100n }, rate: { source: 'identity' } });
    expect(await stored(tenantId)).toMatchObject({ currency: 'GBP', settings_version: '5', plan: 'basic' });
    const asked = ledger.tenancyCalls.filter(({ request }) => (request as { tenantId: string }).tenantId === tenantId);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.metadata).toMatchObject({ 'x-tenant-id': tenantId });
  });

  it('in its plan alone, which it has other news of, is asked for too', async () => {
    const { tenantId, ownerId } = newTenant();
    described.set(tenantId, describedAs(tenantId, 'GBP'));
    await update(tenantId, 2, { currency: 'EUR' });
    await eventually(async () => expect(await stored(tenantId)).toMatchObject({ entitlements_version: '0' }));
    const tenant = await callerOf(tenantId, ownerId);

    const { expense } = await ledger.client.recordExpense(tenant, { input: anExpense() });

    // The currency is what its own news said.
    expect(expense).toMatchObject({ booked: { currency: 'EUR' }, rate: { source: 'identity' } });
    expect(await stored(tenantId)).toMatchObject({
      ...{ currency: 'EUR', plan: 'basic', entitlements: [{ metric: 'projects' }], entitlements_version: '5' },
    });
  });

  it('does not exist when tenancy-billing says so, and makes the ledger unavailable when that is down', async () => {
    const [unknown, hidden] = [newTenant(), newTenant()];
    described.set(hidden.tenantId, { code: 14 });
    const record = async ({ tenantId, ownerId }: ReturnType<typeof newTenant>) =>
      ledger.client.recordExpense(await callerOf(tenantId, ownerId), { input: anExpense() });

    await expect(record(unknown)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(record(hidden)).rejects.toMatchObject({ kind: 'unavailable' });
    described.set(hidden.tenantId, describedAs(hidden.tenantId, 'EUR'));
    await record(hidden);
  });
});

describe('the currency of a tenant’s books', () => {
  it('is chosen by tenancy-billing until something is booked', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];

    expect(await setCurrency(tenant.tenantId, 'USD')).toEqual({ currency: 'USD' });
    const dollars = { amount: { currency: 'USD', amountMinor: 100n } };
    const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense(dollars) });
    expect(expense!.rate!.source).toBe('identity');

    await expect(setCurrency(tenant.tenantId, 'EUR')).rejects.toMatchObject({
      kind: 'conflict',
      code: 'currency_fixed',
      meta: { currency: 'USD' },
    });
    expect(await setCurrency(tenant.tenantId, 'USD')).toEqual({ currency: 'USD' });
    expect(await stored(other.tenantId)).toMatchObject({ currency: 'EUR' });
  });

  it('is what the newest asking wanted, in whatever order they arrive and however often', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    await setCurrency(tenant.tenantId, 'USD', 8n);

    const late = setCurrency(tenant.tenantId, 'JPY', 7n);

    await expect(late).rejects.toMatchObject({ kind: 'conflict', code: 'changed_meanwhile' });
    expect(await setCurrency(tenant.tenantId, 'USD', 8n)).toEqual({ currency: 'USD' });
    expect(await stored(tenant.tenantId)).toMatchObject({ currency: 'USD', currency_asking: '8' });
    expect(await setCurrency(other.tenantId, 'JPY', 1n)).toEqual({ currency: 'JPY' });
    const set = "select after from ledger.audit_entries where tenant_id = $1 and action = 'tenant.currency_set'";
    expect(await ledger.query(set, [tenant.tenantId])).toEqual([{ after: { currency: 'USD' } }]);
  });

  it('is one and the same for all that is booked while it is being changed', async () => {
    for (let round = 0; round < 5; round++) {
      const tenant = await ledger.tenant();

      const changing = setCurrency(tenant.tenantId, 'USD').catch((error) => error.code);
      const booking = Promise.allSettled(
        Array.from({ length: 6 }, () =>
          ledger.client.recordExpense(tenant.owner, {
            input: anExpense({ amount: { currency: 'GBP', amountMinor: 1_000n }, exchangeRate: '2' }),
          }),
        ),
      );
      const [changed, booked] = await Promise.all([changing, booking]);

      const currency = changed === 'currency_fixed' ? 'EUR' : 'USD';
      expect(booked.map(({ status }) => status)).toEqual(Array(6).fill('fulfilled'));
      const found = await ledger.query('select distinct booked_currency from ledger.expenses where tenant_id = $1', [
        tenant.tenantId,
      ]);
      expect(found).toEqual([{ booked_currency: currency }]);
      expect(await stored(tenant.tenantId)).toMatchObject({ currency });
    }
  });

  it('holds for a booking that began when it was another one', async () => {
    const tenant = await ledger.tenant();
    const holder = new pg.Client({ connectionString: ledger.database.adminUrl });
    await holder.connect();
    await holder.query('begin; lock table ledger.audit_entries in access exclusive mode');

    // It has read that the currency is EUR and waits to write.
    const booking = ledger.client.recordExpense(tenant.owner, {
      input: anExpense({ amount: { currency: 'GBP', amountMinor: 1_000n }, exchangeRate: '2' }),
    });
    await eventually(async () => {
      const waiting = await ledger.query(
        `select pid from pg_stat_activity
         where usename = 'outlay_ledger' and datname = current_database() and wait_event_type = 'Lock'
           and query like '%scope as materialized%'`,
      );
      expect(waiting).toHaveLength(1);
    });
    await holder.query("update ledger.tenants set currency = 'USD', currency_fixed_at = now() where tenant_id = $1", [
      tenant.tenantId,
    ]);
    await holder.query('commit');
    await holder.end();

    expect((await booking).expense!.booked).toEqual({ currency: 'USD', amountMinor: 2_000n });
  });

  it('holds for a process that has seen another one', async () => {
    const tenant = await ledger.tenant();
    // This process sees that it is EUR; the other one changes it.
    await ledger.client.createAccount(tenant.owner, {
      name: 'Card',
      kind: 'card',
      currency: '',
      openingBalance: undefined,
    });
    const beside = await startLedger({ beside: ledger.database });
    const inUsd = { input: anExpense({ amount: { currency: 'USD', amountMinor: 100n } }) };
    const context = beside.asService(tenant.tenantId, 'tenancy-billing');
    await beside.client.setTenantCurrency(context, { tenantId: tenant.tenantId, currency: 'USD', asking: 1n });
    await beside.client.recordExpense(beside.contextFor(tenant), inUsd);

    const { expense } = await ledger.client.recordExpense(tenant.owner, inUsd);

    expect(expense).toMatchObject({ booked: { currency: 'USD', amountMinor: 100n }, rate: { source: 'identity' } });
    await beside.stop();
  });

  it('is nothing that a user can set here, nor a currency that does not exist', async () => {
    const tenant = await ledger.tenant();

    const byOwner = ledger.client.setTenantCurrency(tenant.owner, {
      ...{ tenantId: tenant.tenantId, currency: 'USD', asking: 1n },
    });
    await expect(byOwner).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(setCurrency(tenant.tenantId, 'XXZ')).rejects.toMatchObject({ details: [{ field: 'currency' }] });
    expect(await stored(tenant.tenantId)).toMatchObject({ currency: 'EUR' });
  });
});

const settings = { currency: 'EUR', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' };
const entitlements = [{ metric: 'projects', limit: 3n, mode: 'hard' }];

const register = (tenantId: string, version: number, currency: string) =>
  ledger.publish<'outlay.tenancy.tenant.registered.v1'>({
    type: 'outlay.tenancy.tenant.registered.v1',
    tenantId,
    subject: tenantId,
    aggregateVersion: version,
    data: {
      name: 'Acme',
      subdomain: 'acme',
      plan: 'basic',
      settings: { ...settings, currency },
      owner: undefined,
      entitlements,
      registeredAt: new Date(),
    },
  });

const entitle = (tenantId: string, version: number, plan: string) =>
  ledger.publish<'outlay.tenancy.entitlements.changed.v1'>({
    type: 'outlay.tenancy.entitlements.changed.v1',
    tenantId,
    subject: tenantId,
    aggregateVersion: version,
    data: {
      plan,
      planVersion: 1,
      entitlements: [{ metric: 'users', limit: BigInt(version), mode: 'hard' }],
      changedAt: new Date(),
    },
  });

const update = (tenantId: string, version: number, changed: Partial<tenancy.Settings>, at = new Date()) =>
  ledger.publish<'outlay.tenancy.tenant.updated.v1'>(
    {
      type: 'outlay.tenancy.tenant.updated.v1',
      tenantId,
      subject: tenantId,
      aggregateVersion: version,
      data: {
        name: 'Acme',
        subdomain: 'acme',
        status: 'active',
        settings: { ...settings, ...changed },
        updatedAt: at,
      },
    },
    at,
  );

const describedAs = (tenantId: string, currency: string): tenancy.GetTenantResponse => ({
  tenant: {
    id: tenantId,
    name: 'Acme',
    subdomain: 'acme',
    status: 'active',
    plan: 'basic',
    settings: { ...settings, currency },
    version: 5n,
    createdAt: new Date(),
  },
  entitlements,
});

/** By an asking that is newer than all before, unless told. */
const setCurrency = (tenantId: string, currency: string, asking = ++askings) =>
  ledger.client.setTenantCurrency(ledger.asService(tenantId, 'tenancy-billing'), { tenantId, currency, asking });
let askings = 0n;

const callerOf = async (tenantId: string, userId: string) => ({
  ...anonymousContext(),
  tenantId: toTenantId(tenantId),
  token: ledger.tokenFor({ tenantId, userId, role: 'owner' }),
});

const stored = async (tenantId: string) =>
  (await ledger.query('select * from ledger.tenants where tenant_id = $1', [tenantId]))[0];
