import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { tenancy as tenancyContract } from '@outlay/contracts';
import { anonymousContext, toTenantId } from '@outlay/platform';
import { startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.stop());

const limitsOf = (entitlements: tenancyContract.Entitlement[]) =>
  Object.fromEntries(entitlements.map(({ metric, limit, mode }) => [metric, `${limit ?? 'any'} ${mode}`]));

const basic = {
  users: '1 hard',
  projects: '3 hard',
  accounts: '3 hard',
  expenses_per_project: '100 soft',
  expenses_total: '100000 hard',
};

describe('plans', () => {
  it('are Basic and Professional with their limits', async () => {
    const { plans } = await tenancy.client.listPlans(anonymousContext(), { page: undefined });

    expect(plans.map(({ code, version }) => [code, version])).toEqual([
      ['basic', 1],
      ['professional', 1],
    ]);
    expect(limitsOf(plans[0]!.entitlements)).toEqual(basic);
    expect(limitsOf(plans[1]!.entitlements)).toEqual({
      users: '25 hard',
      projects: 'any hard',
      accounts: 'any hard',
      expenses_per_project: 'any soft',
      expenses_total: 'any hard',
    });
  });

  it('come a page at a time', async () => {
    const list = (page: { limit: number; cursor: string }) => tenancy.client.listPlans(anonymousContext(), { page });

    const first = await list({ limit: 1, cursor: '' });
    expect([first.plans.map(({ code }) => code), first.page?.hasMore]).toEqual([['basic'], true]);
    const second = await list({ limit: 1, cursor: first.page!.nextCursor });
    expect([second.plans.map(({ code }) => code), second.page]).toEqual([
      ['professional'],
      { nextCursor: '', hasMore: false, limit: 1 },
    ]);
    await expect(list({ limit: 1, cursor: 'bm9uZQ' })).rejects.toMatchObject({
      details: [expect.objectContaining({ field: 'cursor', code: 'cursor_invalid' })],
    });
  });

  it('are changed by a platform admin, and the entitlements travel as an event', async () => {
    const { id } = await tenancy.registered();

    const { tenant } = await tenancy.client.changePlan(tenancy.platformAdmin(), { tenantId: id, plan: 'professional' });

    expect(tenant).toMatchObject({ plan: 'professional', version: 2n });
    const event = (await tenancy.eventsOf(id)).at(-1);
    expect(event).toMatchObject({
      type: 'outlay.tenancy.entitlements.changed.v1',
      aggregateversion: 2,
      data: { plan: 'professional', planVersion: 1 },
    });
    expect(event!.data.entitlements).toContainEqual({ metric: 'users', limit: '25', mode: 'hard' });
    const { entitlements } = await tenancy.client.getTenant(tenancy.as('member', id), { tenantId: '' });
    expect(limitsOf(entitlements)).toMatchObject({ users: '25 hard' });
  });

  it('are changed only at the version that was seen, where one is named', async () => {
    const { id } = await tenancy.registered();
    const change = (version: bigint) =>
      tenancy.client.changePlan(tenancy.platformAdmin(), { tenantId: id, plan: 'professional', version });

    await expect(change(7n)).rejects.toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
    expect((await change(1n)).tenant).toMatchObject({ plan: 'professional', version: 2n });
  });

  it('stay, without an event, when the tenant has that one', async () => {
    const { id } = await tenancy.registered();

    const { tenant } = await tenancy.client.changePlan(tenancy.platformAdmin(), { tenantId: id, plan: 'basic' });

    expect(tenant).toMatchObject({ plan: 'basic', version: 1n });
    expect(await tenancy.eventsOf(id)).toHaveLength(2);
  });

  it('keep the version that was bought when a newer one is sold', async () => {
    const [earlier, later] = [await tenancy.registered(), await tenancy.registered()];
    const toProfessional = (tenantId: string) =>
      tenancy.client.changePlan(tenancy.platformAdmin(), { tenantId, plan: 'professional' });
    await toProfessional(earlier.id);
    await tenancy.query(
      `insert into tenancy_billing.plans (code, version, name) values ('professional', 2, 'Professional')`,
    );
    await tenancy.query(`insert into tenancy_billing.plan_limits values ('professional', 2, 'users', 50, 'hard')`);

    await toProfessional(later.id);
    await toProfessional(earlier.id);

    const usersOf = async (tenantId: string) =>
      limitsOf((await tenancy.client.getTenant(tenancy.as('owner', tenantId), { tenantId: '' })).entitlements).users;
    expect([await usersOf(earlier.id), await usersOf(later.id)]).toEqual(['25 hard', '50 hard']);
  });

  it('are not changed by an owner, for a tenant nobody knows, nor to a plan there is not', async () => {
    const { id } = await tenancy.registered();
    const change = (tenantId: string, plan: string, context = tenancy.platformAdmin()) =>
      tenancy.client.changePlan(context, { tenantId, plan });

    await expect(change(id, 'professional', tenancy.as('owner', id))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(change(randomUUID(), 'basic')).rejects.toMatchObject({ code: 'tenant_not_found' });
    await expect(change('no-id', 'basic')).rejects.toMatchObject({ code: 'tenant_not_found' });
    await expect(change(id, 'gold')).rejects.toMatchObject({ kind: 'invalid', details: [{ field: 'plan' }] });
    expect(await tenancy.eventsOf(id)).toHaveLength(2);
  });

  it('are changed once for an idempotency key, which counts for the admin and the tenant named', async () => {
    const [one, other] = [await tenancy.registered(), await tenancy.registered()];
    const admin = { ...tenancy.bearing({ platformAdmin: true, userId: randomUUID() }), idempotencyKey: 'upgrade' };
    const change = (tenantId: string, plan: string, context = admin) =>
      tenancy.client.changePlan(context, { tenantId, plan, version: undefined });

    const twins = await Promise.all(Array.from({ length: 8 }, () => change(one.id, 'professional')));
    await change(one.id, 'basic', { ...tenancy.platformAdmin(), idempotencyKey: 'upgrade' });
    const again = await change(one.id, 'professional');

    expect(twins.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(again).toEqual({ ...twins.find(({ replayed }) => !replayed), replayed: true });
    expect(again.tenant).toMatchObject({ plan: 'professional', version: 2n });
    await expect(change(one.id, 'basic')).rejects.toMatchObject({ kind: 'invalid', code: 'idempotency_key_reused' });
    const { tenant } = await tenancy.resolve(one.subdomain);
    expect(tenant).toMatchObject({ plan: 'basic', version: 3n });
    expect(await change(other.id, 'professional')).toMatchObject({ replayed: false, tenant: { version: 2n } });
  });
});

describe('finding tenants', () => {
  it('works by id and by subdomain in any case', async () => {
    const tenant = await tenancy.registered();

    const { tenant: byName } = await tenancy.resolve(tenant.subdomain.toUpperCase());
    const { tenant: byId } = await tenancy.client.resolveTenant(anonymousContext(), {
      by: { $case: 'tenantId', value: tenant.id },
    });

    expect(byName).toEqual(tenant);
    expect(byId).toEqual(tenant);
  });

  it('says not found of everything else', async () => {
    const find = (by: { $case: 'tenantId' | 'subdomain'; value: string } | undefined) =>
      tenancy.client.resolveTenant(anonymousContext(), { by });

    for (const by of [
      { $case: 'tenantId' as const, value: randomUUID() },
      { $case: 'tenantId' as const, value: "' or true --" },
      { $case: 'subdomain' as const, value: 'nobody-has-this' },
      { $case: 'subdomain' as const, value: 'x'.repeat(5_000) },
      undefined,
    ]) {
      await expect(find(by)).rejects.toMatchObject({ kind: 'not_found', code: 'tenant_not_found' });
    }
  });

  it('is possible for a service that names the tenant, and for no service that names none', async () => {
    const { id } = await tenancy.registered();
    const service = tenancy.bearing({ kind: 'service', userId: 'ledger' });

    const { tenant } = await tenancy.client.getTenant({ ...service, tenantId: toTenantId(id) }, { tenantId: id });

    expect(tenant?.id).toBe(id);
    await expect(tenancy.client.getTenant(service, { tenantId: id })).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(tenancy.client.getTenant(anonymousContext(), { tenantId: id })).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });

  it('goes through all of them in pages, newest first, for a platform admin alone', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) made.push((await tenancy.registered()).id);
    const page = (cursor: string, context = tenancy.platformAdmin()) =>
      tenancy.client.listTenants(context, { page: { limit: 2, cursor } });

    const seen: string[] = [];
    let cursor = '';
    do {
      const answer = await page(cursor);
      seen.push(...answer.tenants.map((tenant) => tenant.id));
      expect(answer.page).toMatchObject({ limit: 2, hasMore: answer.page!.nextCursor !== '' });
      cursor = answer.page!.nextCursor;
    } while (cursor !== '');

    expect(seen.slice(0, 5)).toEqual(made.toReversed());
    expect(new Set(seen).size).toBe(seen.length);
    await expect(page('', tenancy.as('owner', made[0]!))).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(page('forged')).rejects.toMatchObject({ kind: 'invalid', details: [{ field: 'cursor' }] });
  });
});
