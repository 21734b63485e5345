import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '@outlay/platform';
import { newTenant } from '@outlay/testkit';
import fc from 'fast-check';
import type { Delivery } from '../../src/bus/bus.ts';
import { createDeliveryHandler } from '../../src/consumer/handle-deliveries.ts';
import { type DatabaseFixture, logger, startDatabase } from './database-fixture.ts';
import { countEffect, createEffects, effectsOf } from './effects.ts';
import { categoryCreated, envelopeOf } from './events.ts';

const queue = {
  name: 'test.once',
  events: ['outlay.ledger.category.created.v1'] as const,
  attempts: 3,
  backoffMs: [50],
};

describe('exactly one effect', () => {
  let fixture: DatabaseFixture;
  let databases: Database[];

  beforeAll(async () => {
    fixture = await startDatabase();
    await createEffects(fixture);
    databases = [fixture.connectAs('reporting', 4), fixture.connectAs('reporting', 4)];
  }, 120_000);
  afterAll(() => fixture.close());

  const consumers = () =>
    databases.map((database) =>
      createDeliveryHandler({
        database,
        queue,
        effect: async (session, events) => {
          for (const event of events) await countEffect(session, event);
        },
        logger,
        parallelMax: 2,
        stopping: new AbortController().signal,
      }),
    );

  it('of each event that two consumers get up to five times, in any order and any batches', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ tenant: fc.nat({ max: 2 }), times: fc.integer({ min: 1, max: 5 }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.infiniteStream(fc.nat()),
        async (plan, random) => {
          const tenants = [newTenant(), newTenant(), newTenant()];
          const events = plan.map(({ tenant }) => envelopeOf(categoryCreated(tenants[tenant]!.tenantId)));
          const draw = (below: number) => (random.next().value as number) % below;
          const deliveries = shuffle(
            events.flatMap((body, index) => Array.from({ length: plan[index]!.times }, () => ({ body, attempt: 1 }))),
            draw,
          );
          const shares: [Delivery[], Delivery[]] = [[], []];
          for (const delivery of deliveries) shares[draw(2)]!.push(delivery);

          const outcomes = await Promise.all(
            consumers().map(async (consume, index) => {
              const all = [];
              for (let rest = shares[index]!; rest.length > 0; ) {
                const size = 1 + draw(rest.length);
                all.push(...(await consume(rest.slice(0, size))));
                rest = rest.slice(size);
              }
              return all;
            }),
          );

          expect(outcomes.flat().every((outcome) => outcome.kind === 'done')).toBe(true);
          for (const { tenantId } of tenants) {
            const own = events.filter((event) => event.tenantid === tenantId);
            expect(await effectsOf(fixture, tenantId)).toEqual(Object.fromEntries(own.map((event) => [event.id, 1])));
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});

function shuffle<T>(items: readonly T[], draw: (below: number) => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = draw(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}
