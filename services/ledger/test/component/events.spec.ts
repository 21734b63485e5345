import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { queues } from '@outlay/contracts';
import { createConsumer, type ReceivedEvent } from '@outlay/messaging';
import { createDatabase, createSilentLogger } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

jest.setTimeout(60_000);
const patiently = { timeoutMs: 20_000 };

describe.each(['embedded', 'rabbitmq'] as const)('on the %s bus', (on) => {
  let ledger: TestLedger;
  const received: ReceivedEvent[] = [];
  let stopConsumer: () => Promise<void>;
  beforeAll(async () => {
    ledger = await startLedger({ on });
    // Whoever consumes the ledger's events gets them checked against the contract; this one only keeps them.
    const logger = createSilentLogger();
    const database = createDatabase({
      url: ledger.database.urlFor('reporting'),
      applicationName: 'events test',
      logger,
    });
    const queue = queues['reporting.projections'];
    const consumer = createConsumer<(typeof queue.events)[number]>({
      database,
      bus: ledger.bus,
      queue,
      handlers: {
        batch: async (_session, events) => {
          received.push(...events);
        },
      },
      logger,
    });
    await consumer.start();
    stopConsumer = async () => {
      await consumer.stop();
      await database.close();
    };
  });
  afterAll(async () => {
    await stopConsumer();
    await ledger.stop();
  });

  it('everything that is announced arrives in its order and leaves the outbox drained', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const { expense } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({ categoryId: category!.id }),
    });
    const expenseId = expense!.id;
    await ledger.client.editExpense(tenant.owner, {
      expenseId,
      input: anExpense({ title: 'Two seats' }),
      updateMask: ['title'],
    });
    await ledger.client.reverseExpense(tenant.owner, { expenseId });

    await eventually(() => {
      const ofExpense = received.filter(({ subject }) => subject === expenseId);
      expect(ofExpense.map(({ type, aggregateVersion }) => [type, aggregateVersion])).toEqual([
        ['outlay.ledger.expense.recorded.v1', 1],
        ['outlay.ledger.expense.edited.v1', 2],
        ['outlay.ledger.expense.reversed.v1', 3],
      ]);
    }, patiently);
    const [recorded] = received.filter(({ subject }) => subject === expenseId);
    expect(recorded).toMatchObject({ tenantId: tenant.tenantId, data: { expense } });
    expect(received.filter(({ subject }) => subject === category!.id)).toMatchObject([
      { type: 'outlay.ledger.category.created.v1', data: { category } },
    ]);
    expect(received.filter(({ tenantId }) => tenantId === other.tenantId)).toEqual([]);
    await eventually(async () => {
      expect(await ledger.query('select id from ledger.outbox where published_at is null')).toEqual([]);
    }, patiently);
  });

  it('what is recorded is announced at once, and not when the relay happens to look', async () => {
    const tenant = await ledger.tenant();

    // A relay that polls looks once a second: one after the other, they would take longer than a test may.
    for (let count = 0; count < 75; count++) {
      const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
      await eventually(() => expect(received.some(({ subject }) => subject === expense!.id)).toBe(true), {
        ...patiently,
        intervalMs: 5,
      });
    }
  });

  it('nothing is announced of what was refused', async () => {
    const tenant = await ledger.tenant();

    const refused = ledger.client.recordExpense(tenant.owner, { input: anExpense({ title: '' }) });

    await expect(refused).rejects.toMatchObject({ kind: 'invalid' });
    expect(await ledger.events(tenant.tenantId)).toEqual([]);
  });
});
