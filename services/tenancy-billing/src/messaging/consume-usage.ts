import { queues } from '@outlay/contracts';
import { type Bus, type Consumer, createConsumer } from '@outlay/messaging';
import type { Database, Logger } from '@outlay/platform';
import { keepUsage } from '../store/usage.ts';

const queue = queues['tenancy-billing.usage'];

/** Keeps what the ledger tells of usage, the newest of each tenant. */
export const createUsageConsumer = (options: { database: Database; bus: Bus; logger: Logger }): Consumer =>
  createConsumer<(typeof queue.events)[number]>({
    ...options,
    queue,
    handlers: {
      'outlay.ledger.usage.changed.v1': (session, { data, aggregateVersion: version, time }) =>
        keepUsage(session, {
          usage: data.usage.map(({ metric, used, scopeId }) => ({ metric, used, scopeId: scopeId || undefined })),
          version,
          countedAt: data.countedAt ?? time,
        }),
    },
  });
