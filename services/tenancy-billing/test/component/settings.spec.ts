import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
beforeAll(async () => {
  tenancy = await startTenancy();
});
afterAll(() => tenancy.stop());

const types = async (tenantId: string) => (await tenancy.eventsOf(tenantId)).map((event) => event.type);
const stored = async (tenantId: string) => {
  const [row] = await tenancy.query<{ version: string }>(
    'select version from tenancy_billing.tenants where tenant_id = $1',
    [tenantId],
  );
  return row;
};

describe('the settings of a tenant', () => {
  it('are changed by its owner, with an event that carries the whole state', async () => {
    const { id, name, subdomain } = await tenancy.registered();

    const { tenant } = await tenancy.update(tenancy.as('owner', id), {
      timezone: 'Europe/Berlin',
      dateFormat: 'DD.MM.YYYY',
    });

    expect(tenant).toMatchObject({
      settings: { currency: 'USD', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' },
      version: 2n,
    });
    expect((await tenancy.eventsOf(id)).at(-1)).toMatchObject({
      type: 'outlay.tenancy.tenant.updated.v1',
      aggregateversion: 2,
      data: { name, subdomain, status: 'active', settings: { currency: 'USD', timezone: 'Europe/Berlin' } },
    });
    const audit =
      'select actor_kind, before, after from tenancy_billing.audit_entries where action = $1 and tenant_id = $2';
    expect(await tenancy.query(audit, ['tenant.updated', id])).toEqual([
      {
        actor_kind: 'user',
        before: expect.objectContaining({ settings: expect.objectContaining({ timezone: 'UTC' }) }),
        after: expect.objectContaining({ settings: expect.objectContaining({ timezone: 'Europe/Berlin' }) }),
      },
    ]);
  });

  it('are left alone, without an event, when nothing changes', async () => {
    const { id } = await tenancy.registered();

    const { tenant } = await tenancy.update(tenancy.as('admin', id), { timezone: 'UTC' });

    expect(tenant?.version).toBe(1n);
    expect(await types(id)).not.toContain('outlay.tenancy.tenant.updated.v1');
  });

  it('are refused one by one when they are none', async () => {
    const { id } = await tenancy.registered();

    const attempt = tenancy.update(tenancy.as('owner', id), {
      name: ' ',
      currency: 'EURO',
      timezone: 'Mars/Olympus',
      dateFormat: 'YY',
    });

    const error = await attempt.catch((reason) => reason);
    expect(error).toMatchObject({ kind: 'invalid' });
    expect(error.details.map((detail: { field: string }) => detail.field)).toEqual([
      'name',
      'settings.currency',
      'settings.timezone',
      'settings.date_format',
    ]);
    expect(await stored(id)).toMatchObject({ version: '1' });
  });

  it.each(['analyst', 'member'] as const)('are not changed by a %s', async (role) => {
    const { id } = await tenancy.registered();

    await expect(tenancy.update(tenancy.as(role, id), { name: 'Mine' })).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('change only for the tenant of the caller', async () => {
    const [ours, theirs] = [await tenancy.registered(), await tenancy.registered()];

    await tenancy.update(tenancy.as('owner', ours.id), { name: 'Ours' });

    const { tenant } = await tenancy.client.getTenant(tenancy.as('owner', theirs.id), { tenantId: '' });
    expect(tenant).toEqual(theirs);
    const foreign = tenancy.client.getTenant(tenancy.as('owner', ours.id), { tenantId: theirs.id });
    await expect(foreign).rejects.toMatchObject({ kind: 'not_found', code: 'tenant_not_found' });
  });

  it('are not overwritten by who has seen an older version', async () => {
    const { id } = await tenancy.registered();
    await tenancy.update(tenancy.as('owner', id), { name: 'First', version: 1n });

    const late = tenancy.update(tenancy.as('owner', id), { name: 'Second', version: 1n });

    await expect(late).rejects.toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
  });

  it('all arrive when several change at the same time', async () => {
    const { id } = await tenancy.registered();

    await Promise.all(
      Array.from({ length: 8 }, (_, index) => tenancy.update(tenancy.as('owner', id), { name: `n${index}` })),
    );

    expect(await stored(id)).toMatchObject({ version: '9' });
    const events = await tenancy.eventsOf(id);
    expect(events.map((event) => event.aggregateversion)).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('change once per idempotency key', async () => {
    const { id } = await tenancy.registered();
    const context = { ...tenancy.bearing({ role: 'owner', tenantId: id, userId: randomUUID() }), idempotencyKey: 'k1' };

    const first = await tenancy.update(context, { name: 'Once' });
    await tenancy.update(tenancy.as('owner', id), { name: 'Later' });
    const again = await tenancy.update(context, { name: 'Once' });

    expect(again).toEqual({ ...first, replayed: true });
    expect(await stored(id)).toMatchObject({ version: '3' });
    await expect(tenancy.update(context, { name: 'Twice' })).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('change once for twins with one key at the same time', async () => {
    const { id } = await tenancy.registered();
    const context = { ...tenancy.bearing({ role: 'owner', tenantId: id, userId: randomUUID() }), idempotencyKey: 'k1' };

    const answers = await Promise.all(Array.from({ length: 8 }, () => tenancy.update(context, { name: 'Once' })));

    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(answers.every(({ tenant }) => tenant?.version === 2n)).toBe(true);
    expect(await tenancy.eventsOf(id)).toHaveLength(3);
  });
});
