import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ledger, tenancy } from '@outlay/contracts';
import { newId, notFound, type TenantId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { type Harness, startHarness } from './harness.ts';
import { eventOf, expense } from './ledger-model.ts';

const asOf = new Date('2025-03-01T12:00:00Z');

describe('the RPC that rebuilds a tenant', () => {
  let harness: Harness;
  const books = new Map<string, ledger.Expense[]>();
  let isLedgerDown = false;
  let isTenancyDown = false;

  beforeAll(async () => {
    harness = await startHarness({
      on: 'embedded',
      tenancy: {
        getTenant(request: tenancy.GetTenantRequest, metadata: Record<string, string>) {
          if (isTenancyDown) throw Object.assign(new Error('no tenancy'), { code: 14 });
          if (metadata['x-tenant-id'] !== request.tenantId || !books.has(request.tenantId)) {
            throw notFound('tenant_not_found', 'The tenant does not exist');
          }
          return tenancy.GetTenantResponse.fromPartial({ tenant: { settings: { currency: 'EUR' } } });
        },
      },
      ledger: {
        async *streamExpenses(request: ledger.StreamExpensesRequest) {
          if (isLedgerDown) throw Object.assign(new Error('no ledger'), { code: 14 });
          yield ledger.StreamExpensesResponse.fromPartial({ asOf, expenses: books.get(request.tenantId) ?? [] });
        },
      },
    });
  });
  afterAll(() => harness.stop());
  beforeEach(() => {
    isLedgerDown = false;
    isTenancyDown = false;
  });

  const newBooks = (): TenantId => {
    const tenantId = toTenantId(newId());
    books.set(tenantId, [expense({ id: newId(), amountMinor: 500n }), expense({ id: newId(), amountMinor: -200n })]);
    return tenantId;
  };
  const totalOf = async (tenantId: TenantId) =>
    (await harness.client.getMonthSummary(harness.as({ tenantId }), { month: '2025-01', userId: '' })).totalMinor;

  it('lets an owner make the figures anew from the ledger, asked in the name of the service', async () => {
    const tenantId = newBooks();

    const answer = await harness.client.rebuildTenant(harness.as({ tenantId }), { tenantId: '' });

    expect(answer).toEqual({ tenantId, expenses: 2n, repaired: 2n, asOf, replayed: false });
    expect(await totalOf(tenantId)).toBe(300n);
    expect(harness.ledgerCalls.at(-1)?.metadata).toMatchObject({ 'x-tenant-id': tenantId });
  });

  it('changes nothing where the events have told the same', async () => {
    const tenantId = newBooks();
    await harness.publish(tenantId, books.get(tenantId)!.map(eventOf));
    await eventually(async () => expect(await totalOf(tenantId)).toBe(300n));

    const answer = await harness.client.rebuildTenant(harness.as({ tenantId, role: 'admin' }), { tenantId });

    expect(answer.repaired).toBe(0n);
  });

  it('lets the platform admin rebuild any tenant that they name', async () => {
    const tenantId = newBooks();
    const admin = harness.as({ platformAdmin: true });

    expect(await harness.client.rebuildTenant(admin, { tenantId })).toMatchObject({ tenantId, repaired: 2n });
    await expect(harness.client.rebuildTenant(admin, { tenantId: '' })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(harness.client.rebuildTenant(admin, { tenantId: 'acme' })).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('finds no tenant where the platform admin names one that does not exist', async () => {
    const tenantId = newId();
    const rebuilding = harness.client.rebuildTenant(harness.as({ platformAdmin: true }), { tenantId });

    await expect(rebuilding).rejects.toMatchObject({ kind: 'not_found', code: 'tenant_not_found' });
    expect(harness.ledgerCalls.filter((call) => call.metadata['x-tenant-id'] === tenantId)).toEqual([]);
  });

  it('asks for the tenant with a token of its own, as the platform admin is in none', async () => {
    const tenantId = newBooks();
    const admin = harness.as({ platformAdmin: true });

    await harness.client.rebuildTenant(admin, { tenantId });

    const asked = harness.tenancyCalls.filter((call) => call.metadata['x-tenant-id'] === tenantId);
    expect(asked).toHaveLength(1);
    const authorization = asked[0]?.metadata.authorization;
    expect(authorization).toMatch(/^Bearer /);
    expect(authorization).not.toBe(`Bearer ${admin.token}`);
  });

  it('does not say that there is none where tenancy-billing cannot be asked', async () => {
    isTenancyDown = true;
    const rebuilding = harness.client.rebuildTenant(harness.as({ platformAdmin: true }), { tenantId: newBooks() });

    await expect(rebuilding).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('lets an owner rebuild while tenancy-billing is down', async () => {
    isTenancyDown = true;
    const tenantId = newBooks();

    expect(await harness.client.rebuildTenant(harness.as({ tenantId }), { tenantId })).toMatchObject({ repaired: 2n });
  });

  it('is refused to analysts and members, and finds no other tenant for an owner', async () => {
    const [tenantId, otherId] = [newBooks(), newBooks()];
    const rebuild = (role: 'owner' | 'analyst' | 'member', named: string) =>
      harness.client.rebuildTenant(harness.as({ tenantId, role }), { tenantId: named });

    await expect(rebuild('analyst', '')).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(rebuild('member', tenantId)).rejects.toMatchObject({ kind: 'forbidden' });
    for (const named of [otherId, newId()]) {
      const rebuilding = rebuild('owner', named);
      await expect(rebuilding).rejects.toMatchObject({ kind: 'not_found', code: 'tenant_not_found' });
    }
    const calls = harness.ledgerCalls.filter((call) => call.metadata['x-tenant-id'] === otherId);
    expect(calls).toEqual([]);
  });

  it('is unavailable while the ledger is down, and leaves the figures alone', async () => {
    const tenantId = newBooks();
    await harness.client.rebuildTenant(harness.as({ tenantId }), { tenantId: '' });
    isLedgerDown = true;

    const rebuilding = harness.client.rebuildTenant(harness.as({ tenantId }), { tenantId: '' });

    await expect(rebuilding).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await totalOf(tenantId)).toBe(300n);
  });

  const calls = (tenantId: TenantId) =>
    harness.ledgerCalls.filter((call) => call.metadata['x-tenant-id'] === tenantId).length;

  it('is done once for a key, and answers as it did then', async () => {
    const tenantId = newBooks();
    const owner = { ...harness.as({ tenantId }), idempotencyKey: newId() };
    const first = await harness.client.rebuildTenant(owner, { tenantId: '' });
    books.get(tenantId)!.push(expense({ id: newId(), amountMinor: 100n }));
    isLedgerDown = true;

    const again = await harness.client.rebuildTenant(owner, { tenantId: '' });

    expect(first).toEqual({ tenantId, expenses: 2n, repaired: 2n, asOf, replayed: false });
    expect(again).toEqual({ ...first, replayed: true });
    expect([calls(tenantId), await totalOf(tenantId)]).toEqual([1, 300n]);
  });

  it('repairs once for twins with one key at the same time, and gives them one answer', async () => {
    const tenantId = newBooks();
    const admin = { ...harness.as({ platformAdmin: true }), idempotencyKey: newId() };

    const answers = await Promise.all(
      Array.from({ length: 6 }, () => harness.client.rebuildTenant(admin, { tenantId })),
    );

    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const answer of answers) expect(answer).toMatchObject({ expenses: 2n, repaired: 2n });
  });

  it('keeps no answer of a rebuild that failed, and none for another caller or another request', async () => {
    const tenantId = newBooks();
    const [userId, idempotencyKey] = [newId(), newId()];
    const owner = { ...harness.as({ tenantId, userId }), idempotencyKey };
    isLedgerDown = true;
    await expect(harness.client.rebuildTenant(owner, { tenantId: '' })).rejects.toMatchObject({ kind: 'unavailable' });
    isLedgerDown = false;

    expect((await harness.client.rebuildTenant(owner, { tenantId: '' })).replayed).toBe(false);
    const colleague = { ...harness.as({ tenantId, role: 'admin' }), idempotencyKey };
    expect((await harness.client.rebuildTenant(colleague, { tenantId: '' })).replayed).toBe(false);
    const other = { ...owner, requestDigest: '00'.repeat(32) };
    await expect(harness.client.rebuildTenant(other, { tenantId: '' })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'idempotency_key_reused',
    });
  });

  it('forgets keys after two days', async () => {
    const tenantId = newBooks();
    const owner = { ...harness.as({ tenantId }), idempotencyKey: newId() };
    await harness.client.rebuildTenant(owner, { tenantId: '' });
    const admin = new pg.Client(harness.database.adminUrl);
    await admin.connect();
    await admin.query(
      "update reporting.idempotency_keys set created_at = now() - interval '3 days' where tenant_id = $1",
      [tenantId],
    );

    await eventually(() => admin.query("select reporting_jobs.add_job('forget_keys')"));

    await eventually(async () =>
      expect((await harness.client.rebuildTenant(owner, { tenantId: '' })).replayed).toBe(false),
    );
    await admin.end();
  });
});
