import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { type Route, takesIdempotencyKey } from '../../src/http/define-route.ts';
import { routes } from '../../src/routes/index.ts';
import { acme } from '../support/fake-tenancy.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const writes = routes.filter(({ method }) => method !== 'get');

/** After an erasure nobody is left who could ask again; looking up an invitation only reads. */
const withoutKey = ['eraseMe', 'lookUpInvitation'];

/** The operation as its own example calls it, by somebody who may do everything. */
function callOf({ method, path, request, access }: Route, key: string) {
  const isUpload = request?.upload !== undefined;
  const [[mediaType, { example }]] = Object.entries(request?.upload?.content ?? { 'application/json': {} }) as [
    [string, { example?: unknown }],
  ];
  const body = isUpload ? String(example) : JSON.stringify(request?.bodyExample ?? {});
  const hasBody = isUpload || request?.body !== undefined;
  return gateway.fetch(`/api/v1${path.replace(/\{\w+\}/g, () => newId())}`, {
    method: method.toUpperCase(),
    token: access.caller === 'platform_admin' ? gateway.token({ platformAdmin: true }) : gateway.token(),
    headers: {
      'idempotency-key': key,
      ...(hasBody && { 'content-type': mediaType }),
    },
    ...(hasBody && { body }),
  });
}

describe('Idempotency-Key', () => {
  it('is taken by every write whose repetition it can protect', () => {
    const refusing = writes.filter((route) => !takesIdempotencyKey(route)).map(({ operationId }) => operationId);

    expect(refusing.sort()).toEqual(withoutKey);
  });

  it.each(writes.filter(takesIdempotencyKey).map((route) => [route.operationId, route] as const))(
    'travels with %s to the service',
    async (_name, route) => {
      const key = newId();

      await callOf(route, key);

      const calls = Object.values(gateway.fakes).flatMap((fake) => fake.calls);
      expect(calls.filter((call) => call.metadata['idempotency-key'] === key)).toHaveLength(1);
    },
  );

  it.each([
    ['updateTenant', { tenancy: { updateTenant: answer } }],
    ['changePlan', { tenancy: { changePlan: answer } }],
    [
      'rebuildReporting',
      {
        reporting: {
          rebuildTenant: () => ({ tenantId: newId(), expenses: 1n, repaired: 0n, asOf: new Date(), replayed: true }),
        },
      },
    ],
  ])('marks the answer of %s that was given before', async (operationId, handlers) => {
    const route = routes.find((candidate) => candidate.operationId === operationId)!;
    const [fresh, again] = [gateway, await startGateway({ handlers })];
    try {
      expect((await callOf(route, newId())).headers.get('idempotent-replayed')).toBeNull();
      gateway = again;
      const answered = await callOf(route, newId());
      expect([answered.status, answered.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    } finally {
      gateway = fresh;
      await again.stop();
    }
  });

  it('goes with the fields and values of a body, in whatever order', async () => {
    const expense = { amount: '125.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };
    const digestOf = async (json: object) => {
      const headers = { 'idempotency-key': newId() };
      expect((await gateway.fetch('/api/v1/expenses', { method: 'POST', json, headers })).status).toBe(201);
      return gateway.lastCall('ledger', 'recordExpense').metadata['x-request-digest'];
    };
    const reversed = Object.fromEntries(Object.entries(expense).reverse());

    const first = await digestOf(expense);

    expect(await digestOf(reversed)).toBe(first);
    expect(await digestOf({ ...expense, category_id: null })).not.toBe(first);
    expect(await digestOf({ ...expense, amount: '125.5' })).not.toBe(first);
  });

  function answer() {
    return { tenant: { ...acme(gateway.tenant), version: 4n }, replayed: true };
  }
});

describe('An answer that was given before', () => {
  it('is not taken for how the tenant is now', async () => {
    let replayed = false;
    await using settings = await startGateway({
      handlers: {
        tenancy: {
          updateTenant: ({ currency = '' }: { currency?: string }) => ({
            tenant: { ...acme(settings.tenant), settings: { ...acme(settings.tenant).settings, currency } },
            replayed,
          }),
        },
      },
    });
    const changeTo = (currency: string) =>
      settings.fetch('/api/v1/tenant', { method: 'PATCH', json: { settings: { currency } } });
    /** A bound of 1 in minor units of what the gateway holds for the tenant's currency. */
    const boundOfOne = async () => {
      await settings.fetch('/api/v1/expenses?amount_min=1');
      const { filter } = settings.lastCall('ledger', 'listExpenses').request as ledger.ListExpensesRequest;
      return filter?.amountMinorFrom;
    };

    await changeTo('JPY');
    expect(await boundOfOne()).toBe(1n);
    replayed = true;
    await changeTo('EUR');

    expect(await boundOfOne()).toBe(1n);
  });
});
