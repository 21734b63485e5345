import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events, queues, tenancyEvents } from '@outlay/contracts';
import { type Bus, createBus, type Envelope } from '@outlay/messaging';
import { createSilentLogger, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let bus: Bus;
beforeAll(async () => {
  identity = await startIdentity();
  bus = createBus({ amqpUrl: identity.vhost.amqpUrl, logger: createSilentLogger() });
  await bus.start();
});
afterAll(async () => {
  await bus.stop();
  await identity.stop();
});

const envelope = (tenantId: string, type: string, aggregateversion: number, data: unknown): Envelope => ({
  specversion: '1.0',
  id: newId(),
  source: '/outlay/tenancy-billing',
  type,
  subject: tenantId,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  tenantid: tenantId,
  aggregateversion,
  correlationid: newId(),
  data,
});
const renamed = (tenantId: string, version: number, name: string) =>
  envelope(
    tenantId,
    'outlay.tenancy.tenant.updated.v1',
    version,
    tenancyEvents.TenantUpdated.toJSON(
      tenancyEvents.TenantUpdated.fromPartial({ name, subdomain: 'acme', status: 'active' }),
    ),
  );
const entitled = (tenantId: string, version: number, users: number) =>
  envelope(tenantId, 'outlay.tenancy.entitlements.changed.v1', version, {
    plan: 'professional',
    planVersion: 1,
    entitlements: [{ metric: 'users', limit: String(users), mode: 'hard' }],
  });
const known = async (tenantId: string) => {
  const [row] = await identity.query('select name, plan, entitlements from identity.tenants where tenant_id = $1', [
    tenantId,
  ]);
  return row;
};

describe('what identity knows of a tenant', () => {
  it('follows its events, of both kinds', async () => {
    const [ours, theirs] = [await identity.createOwner(), await identity.createOwner()];

    await bus.publish([renamed(ours.tenantId, 2, 'Renamed'), entitled(ours.tenantId, 3, 25)]);

    await eventually(async () =>
      expect(await known(ours.tenantId)).toEqual({
        name: 'Renamed',
        plan: 'professional',
        entitlements: [{ metric: 'users', limit: '25', mode: 'hard' }],
      }),
    );
    expect((await identity.logIn(ours.email)).membership?.tenantName).toBe('Renamed');
    expect(await known(theirs.tenantId)).toMatchObject({
      name: theirs.tenantName,
      entitlements: [{ metric: 'users', mode: 'hard' }],
    });
  });

  it('takes the examples of the contracts', async () => {
    const { tenantId } = await identity.createOwner();
    const { 'identity.tenants': queue } = queues;

    await bus.publish(queue.events.map((type) => envelope(tenantId, type, 5, events[type].example)));

    await eventually(async () =>
      expect(await known(tenantId)).toEqual({
        name: 'Acme',
        plan: 'basic',
        entitlements: expect.arrayContaining([{ metric: 'expenses_total', limit: '100000', mode: 'hard' }]),
      }),
    );
    expect(await bus.parked(queue)).toEqual([]);
  });

  it('is that of the newest version, in whatever order and however often events come', async () => {
    const { tenantId } = await identity.createOwner();
    const [third, second] = [renamed(tenantId, 3, 'Third'), renamed(tenantId, 2, 'Second')];

    for (const event of [third, second, second, third]) await bus.publish([event]);
    await bus.publish([entitled(tenantId, 1, 7)]);

    await eventually(async () => expect(await known(tenantId)).toMatchObject({ plan: 'professional' }));
    expect(await known(tenantId)).toMatchObject({ name: 'Third' });
  });
});
