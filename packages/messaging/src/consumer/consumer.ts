import type { EventName } from '@outlay/contracts';
import { type Database, type Logger, runInCallScope, type Session } from '@outlay/platform';
import type { Bus, Subscription } from '../bus/bus.ts';
import type { QueueDefinition } from '../catalogue.ts';
import { createDeliveryHandler, type Effect } from './handle-deliveries.ts';
import type { ReceivedEvent } from './received-event.ts';

/**
 * What a consumer does: one function for each event of its queue, called in the order of arrival, or one for many events
 * of one tenant at once. Everything happens in the session's transaction and is undone with it when anything throws.
 * No network inside: what has to leave the process is written down and sent by a job.
 */
export type EventHandlers<N extends EventName> =
  | { readonly [K in N]: (session: Session, event: ReceivedEvent<K>) => Promise<void> }
  | { readonly batch: (session: Session, events: readonly ReceivedEvent<N>[]) => Promise<void> };

/** How a queue is consumed. */
export interface ConsumerOptions<N extends EventName> {
  database: Pick<Database, 'withTenant' | 'ping'>;
  bus: Pick<Bus, 'subscribe'>;
  /** From the catalogue of the contracts. */
  queue: QueueDefinition<N>;
  handlers: EventHandlers<N>;
  logger: Logger;
  /** Events taken in at once at most; 100 unless told. */
  batchMax?: number;
  /** Tenants handled at the same time at most, with a connection each; 4 unless told. */
  parallelMax?: number;
}

/** Consumes one queue until it is stopped. */
export interface Consumer {
  start(): Promise<void>;
  /** Takes in nothing more and finishes what is in hand. */
  stop(): Promise<void>;
}

/**
 * Makes the consumer of one queue. Each event has its effect once, however often and in whatever order it is delivered,
 * as the inbox row commits with the effect. An event that is no event is parked at once; one whose handler fails is
 * tried again by the queue's rules and then parked. While the database is away, or a handler throws `unavailable`, as
 * when another transaction has what it needs, events wait and no attempt is counted; other tenants' events go on.
 */
export function createConsumer<N extends EventName>(options: ConsumerOptions<N>): Consumer {
  const { database, bus, queue, handlers, logger, batchMax = 100, parallelMax = 4 } = options;
  const stopping = new AbortController();
  const handle = createDeliveryHandler({
    database,
    queue,
    effect: effectOf(handlers),
    logger,
    parallelMax,
    stopping: stopping.signal,
  });
  let subscription: Subscription | undefined;
  return {
    async start() {
      subscription = await bus.subscribe(queue, { batchMax }, handle);
    },
    async stop() {
      stopping.abort();
      await subscription?.stop();
    },
  };
}

function effectOf<N extends EventName>(handlers: EventHandlers<N>): Effect<N> {
  if ('batch' in handlers) return handlers.batch;
  return async (session, events) => {
    for (const event of events) {
      // The key is the event's own type, so the handler takes this event; TypeScript does not see the correlation.
      const handler = handlers[event.type] as (session: Session, event: ReceivedEvent<N>) => Promise<void>;
      const { requestId } = event;
      await runInCallScope({ requestId, correlationId: requestId }, () => handler(session, event));
    }
  };
}
