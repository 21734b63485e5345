import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queues, tenancy } from '@outlay/contracts';
import { type Database, metrics, newId, type TenantId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { takeFigures } from '../../src/rebuild-lock.ts';
import { type Harness, startHarness } from './harness.ts';
import { eventOf, expense } from './ledger-model.ts';
import { openDatabase } from './read-models.ts';

describe.each(['rabbitmq', 'embedded'] as const)('while a rebuild replaces the figures of a tenant, on %s', (on) => {
  let harness: Harness;
  let database: Database;

  beforeAll(async () => {
    harness = await startHarness({
      on,
      tenancy: {
        getTenant: () => tenancy.GetTenantResponse.fromPartial({ tenant: { settings: { currency: 'EUR' } } }),
      },
    });
    database = openDatabase(harness.database);
  });
  afterAll(async () => {
    await database.close();
    await harness.stop();
  });

  const countOf = async (tenantId: TenantId) =>
    (await harness.client.getMonthSummary(harness.as({ tenantId }), { month: '2025-01', userId: '' })).count;

  /** How often an event was put off, of all so far. */
  const waits = async () => {
    const line = /^consumer_events_total\{queue="reporting.projections",outcome="waiting"\} (\d+)$/m;
    return Number(line.exec(await metrics.metrics())?.[1] ?? 0);
  };

  it('its events wait, those of others are projected meanwhile, and none is parked', async () => {
    const [rebuilt, other] = [toTenantId(newId()), toTenantId(newId())];
    const isTaken = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const replacing = database.withTenant({ tenantId: rebuilt }, async (session) => {
      await takeFigures(session);
      isTaken.resolve();
      await mayEnd.promise;
    });
    await isTaken.promise;

    try {
      const before = await waits();
      const waiting = Array.from({ length: 10 }, () => eventOf(expense({ id: newId() })));
      await harness.publish(rebuilt, waiting);
      await eventually(async () => expect(await waits()).toBeGreaterThanOrEqual(before + waiting.length));
      await harness.publish(other, [eventOf(expense({ id: newId() }))]);
      await eventually(async () => expect(await countOf(other)).toBe(1n));
      await eventually(async () => expect(await waits()).toBeGreaterThanOrEqual(before + 3 * waiting.length));
      expect(await countOf(rebuilt)).toBe(0n);
    } finally {
      mayEnd.resolve();
    }
    await replacing;

    await eventually(async () => expect(await countOf(rebuilt)).toBe(10n));
    expect(await harness.bus.parked(queues['reporting.projections'])).toEqual([]);
  });
});
