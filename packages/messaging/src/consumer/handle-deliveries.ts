import type { EventName } from '@outlay/contracts';
import { type Database, isDomainError, type Logger, runInCallScope, type Session } from '@outlay/platform';
import { type Delivery, type DeliveryHandler, type DeliveryOutcome, done, release } from '../bus/bus.ts';
import type { QueueDefinition } from '../catalogue.ts';
import { commitToCommitSeconds, consumedEvents, handleSeconds } from './consumer-metrics.ts';
import { inConsumerSpan } from './consumer-span.ts';
import { enterInbox } from './inbox.ts';
import { parseEvent, type ReceivedEvent } from './received-event.ts';

/** Has the effect of events, all of one tenant and none of them seen before, in the session's transaction. */
export type Effect<N extends EventName> = (session: Session, events: readonly ReceivedEvent<N>[]) => Promise<void>;

export interface HandleDeliveriesOptions<N extends EventName> {
  database: Pick<Database, 'withTenant' | 'ping'>;
  queue: QueueDefinition<N>;
  effect: Effect<N>;
  logger: Logger;
  /** Tenants whose events are handled at the same time at most. */
  parallelMax: number;
  /** Aborted when the consumer is asked to stop. */
  stopping: AbortSignal;
}

interface Item<N extends EventName> {
  readonly event: ReceivedEvent<N>;
  readonly index: number;
}

const pauseMinMs = 50;
const pauseMaxMs = 1_000;

/** Turns deliveries into effects: each event at most once per queue, each tenant's events in one transaction. */
export function createDeliveryHandler<N extends EventName>(options: HandleDeliveriesOptions<N>): DeliveryHandler {
  const { database, queue, effect, logger, parallelMax, stopping } = options;

  return async (deliveries) => {
    const outcomes: DeliveryOutcome[] = deliveries.map(() => done);
    const groups = groupByTenant(deliveries, outcomes);
    await forEachParallel(groups, parallelMax, async (items) => {
      const results = await handleGroup(items);
      items.forEach((item, position) => {
        outcomes[item.index] = results[position] ?? done;
      });
    });
    for (const [index, outcome] of outcomes.entries()) report(deliveries[index], outcome);
    return outcomes;
  };

  function groupByTenant(deliveries: readonly Delivery[], outcomes: DeliveryOutcome[]): Item<N>[][] {
    const groups = new Map<string, Item<N>[]>();
    for (const [index, delivery] of deliveries.entries()) {
      try {
        const event = parseEvent(delivery.body, queue.events);
        const group = groups.get(event.tenantId);
        if (group === undefined) groups.set(event.tenantId, [{ event, index }]);
        else group.push({ event, index });
      } catch (error) {
        outcomes[index] = { kind: 'park', error };
      }
    }
    return [...groups.values()];
  }

  /**
   * All in one transaction; when that fails, each in its own, so that one that cannot be handled does not hold up the
   * others. Not so where it is too early for all of them: they would only wait one after the other.
   */
  async function handleGroup(items: readonly Item<N>[]): Promise<DeliveryOutcome[]> {
    const together = await attempt(items);
    if (together.kind !== 'retry' || items.length === 1) return items.map(() => together);
    const outcomes: DeliveryOutcome[] = [];
    for (const item of items) outcomes.push(await attempt([item]));
    return outcomes;
  }

  async function attempt(items: readonly Item<N>[]): Promise<DeliveryOutcome> {
    for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMaxMs, pauseMs * 2)) {
      if (stopping.aborted) return release;
      try {
        await commitEffect(items.map((item) => item.event));
        return done;
      } catch (error) {
        if (!isDomainError(error, 'unavailable')) return { kind: 'retry', error };
        // Back to the bus, not in hand: the events of other tenants that come meanwhile need not wait for these.
        if (!(await isDatabaseAway())) return { kind: 'wait', error };
        logger.warn({ error, queue: queue.name }, 'database is away, events wait');
      }
      // No attempt is counted while the database is away: that would park events that nothing is wrong with.
      await pauseUnlessAborted(pauseMs, stopping);
    }
  }

  function isDatabaseAway(): Promise<boolean> {
    return database.ping().then(
      () => false,
      () => true,
    );
  }

  async function commitEffect(events: readonly ReceivedEvent<N>[]): Promise<void> {
    const [first] = events;
    if (first === undefined) return;
    const { tenantId, requestId } = first;
    const startedAt = performance.now();
    const fresh = await runInCallScope(
      { tenantId, ...(events.length === 1 && { requestId, correlationId: requestId }) },
      () =>
        inConsumerSpan(queue.name, events, () =>
          database.withTenant({ tenantId }, async (session) => {
            const entered = await enterInbox(session, queue.name, events);
            if (entered.length > 0) await effect(session, entered);
            return entered;
          }),
        ),
    );
    handleSeconds.observe({ queue: queue.name }, (performance.now() - startedAt) / 1_000);
    consumedEvents.inc({ queue: queue.name, outcome: 'handled' }, fresh.length);
    consumedEvents.inc({ queue: queue.name, outcome: 'repeated' }, events.length - fresh.length);
    const now = Date.now();
    for (const event of fresh) {
      commitToCommitSeconds.observe({ queue: queue.name }, Math.max(0, now - event.time.getTime()) / 1_000);
    }
  }

  function report(delivery: Delivery | undefined, outcome: DeliveryOutcome): void {
    if (outcome.kind === 'done') return;
    if (outcome.kind === 'release') {
      consumedEvents.inc({ queue: queue.name, outcome: 'released' });
      return;
    }
    if (outcome.kind === 'wait') {
      consumedEvents.inc({ queue: queue.name, outcome: 'waiting' });
      logger.debug({ error: outcome.error, queue: queue.name, ...identify(delivery?.body) }, 'event waits');
      return;
    }
    const isLast = outcome.kind === 'park' || (delivery?.attempt ?? 1) >= queue.attempts;
    consumedEvents.inc({ queue: queue.name, outcome: isLast ? 'parked' : 'retried' });
    const fields = { error: outcome.error, queue: queue.name, attempt: delivery?.attempt, ...identify(delivery?.body) };
    if (isLast) logger.error(fields, 'event parked');
    else logger.warn(fields, 'event failed, trying again later');
  }
}

/** What may be logged of a message that may be no event: its id and type. */
function identify(body: unknown): { eventId?: unknown; eventType?: unknown } {
  if (typeof body !== 'object' || body === null) return {};
  const { id, type } = body as { id?: unknown; type?: unknown };
  return { ...(typeof id === 'string' && { eventId: id }), ...(typeof type === 'string' && { eventType: type }) };
}

async function forEachParallel<T>(
  items: readonly T[],
  parallelMax: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(parallelMax, items.length) }, lane));
}

function pauseUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms * (0.5 + Math.random() / 2));
    signal.addEventListener('abort', finish);
  });
}
