import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, newId, type TenantId, toTenantId } from '@outlay/platform';
import { createTestDatabase, type TestDatabase } from '@outlay/testkit';
import fc from 'fast-check';
import type { ProjectedEvent } from '../../src/change.ts';
import { projectEvents } from '../../src/project-events.ts';
import { categoryIds, eventOf, expense, histories, recompute } from './ledger-model.ts';
import { openDatabase, readTotals } from './read-models.ts';

describe('the projection', () => {
  let server: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    server = await createTestDatabase();
    database = openDatabase(server);
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  const newTenantId = () => toTenantId(newId());
  // Without retries: a deadlock between two batches fails the test.
  const project = (tenantId: TenantId, events: ProjectedEvent[]) =>
    database.withTenant({ tenantId }, (session) => projectEvents(session, events), { retries: 0 });

  it('counts a recorded expense, and nothing of it for another tenant', async () => {
    const [tenantId, bystander] = [newTenantId(), newTenantId()];
    const recorded = expense({ amountMinor: 12_550n });

    await project(tenantId, [eventOf(recorded)]);

    expect(await readTotals(database, tenantId)).toEqual(recompute([recorded]));
    expect(await readTotals(database, bystander)).toEqual([]);
  });

  it('counts an expense that is booked as nothing', async () => {
    const tenantId = newTenantId();
    const nothing = expense({ amountMinor: 0n });

    await project(tenantId, [eventOf(nothing)]);
    expect(await readTotals(database, tenantId)).toEqual(recompute([nothing]));
    await project(tenantId, [eventOf({ ...nothing, status: 'reversed', version: 2n })]);

    expect(await readTotals(database, tenantId)).toEqual([]);
  });

  it('moves an edited expense to its new month and category', async () => {
    const tenantId = newTenantId();
    const recorded = expense({ category: { id: categoryIds[0]!, name: 'Travel' } });
    const edited = expense({
      version: 2n,
      amountMinor: 700n,
      expenseDate: '2025-02-01',
      category: { id: categoryIds[1]!, name: 'Meals' },
    });

    await project(tenantId, [eventOf(recorded)]);
    await project(tenantId, [eventOf(edited)]);

    expect(await readTotals(database, tenantId)).toEqual(recompute([edited]));
  });

  it('takes a reversed expense out', async () => {
    const tenantId = newTenantId();

    await project(tenantId, [eventOf(expense())]);
    await project(tenantId, [eventOf(expense({ status: 'reversed', version: 2n }))]);

    expect(await readTotals(database, tenantId)).toEqual([]);
  });

  it('keeps an older state out when it comes after a newer one', async () => {
    const tenantId = newTenantId();

    await project(tenantId, [eventOf(expense({ status: 'reversed', version: 2n }))]);
    await project(tenantId, [eventOf(expense())]);

    expect(await readTotals(database, tenantId)).toEqual([]);
  });

  it('refuses an expense without a booked amount', async () => {
    const tenantId = newTenantId();

    const projecting = project(tenantId, [eventOf(expense({ booked: undefined }))]);

    await expect(projecting).rejects.toThrow(/booked/);
    expect(await readTotals(database, tenantId)).toEqual([]);
  });

  it('lets large batches of one tenant overlap without a deadlock', async () => {
    const tenantId = newTenantId();
    // Three families of expenses: batches of one family meet at its expenses, those of different ones at the totals.
    const versions = Array.from({ length: 24 }, (_, version) =>
      Array.from({ length: 150 }, (_, index) => someExpense(index + 1_000 * (version % 3), BigInt(version + 1))),
    );

    await Promise.all(
      versions.map((states, index) => project(tenantId, (index % 2 ? states : states.toReversed()).map(eventOf))),
    );

    expect(await readTotals(database, tenantId)).toEqual(recompute(versions.slice(-3).flat()));
  });

  it('gives what a plain recomputation gives, for any events shuffled and repeated over two consumers', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 40 }),
        async (drawn, random, batchMax) => {
          const tenantId = newTenantId();
          const events = drawn.flat().map(eventOf);
          const delivered = shuffled([...events, ...events.filter((_, index) => index % 3 === 0)], random);
          const batches = chunked(delivered, batchMax);

          const consume = async () => {
            for (let batch = batches.shift(); batch; batch = batches.shift()) await project(tenantId, batch);
          };
          await Promise.all([consume(), consume()]);

          expect(await readTotals(database, tenantId)).toEqual(recompute(drawn.map((history) => history.at(-1)!)));
        },
      ),
      { numRuns: 100, endOnFailure: true },
    );
  }, 120_000);
});

function someExpense(index: number, version: bigint) {
  return expense({
    id: `0197a3c0-0009-7000-8000-${String(index).padStart(12, '0')}`,
    version,
    amountMinor: BigInt(index) * version - 70n,
    expenseDate: `2025-${String(1 + ((index + Number(version)) % 12)).padStart(2, '0')}-01`,
    category: { id: categoryIds[(index + Number(version)) % 3]!, name: 'Travel' },
  });
}

function shuffled<T>(items: readonly T[], random: Iterator<number>): T[] {
  return items
    .map((item) => ({ item, rank: random.next().value as number }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
