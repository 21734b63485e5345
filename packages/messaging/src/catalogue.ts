/** One purpose of one consumer, as far as the bus must know it. The catalogue of `@outlay/contracts` satisfies it. */
export interface QueueDefinition<E extends string = string> {
  readonly name: string;
  /** The types of the events it receives; an event's type is its routing key. */
  readonly events: readonly E[];
  /** Deliveries that may fail before a message is parked. */
  readonly attempts: number;
  /** Wait before each further attempt; the last one repeats. */
  readonly backoffMs: readonly number[];
}

/** How long a message waits after its `attempt`th delivery (counted from 1) has failed. */
export function backoffAfter(queue: QueueDefinition, attempt: number): number {
  return queue.backoffMs[Math.min(attempt, queue.backoffMs.length) - 1] ?? 0;
}

/** The queues that receive events of this type. */
export function queuesFor<Q extends QueueDefinition>(queues: readonly Q[], eventType: string): Q[] {
  return queues.filter((queue) => queue.events.includes(eventType));
}

/** The queues that receive events of at least one of these types. */
export function queuesForAny<Q extends QueueDefinition>(queues: readonly Q[], eventTypes: readonly string[]): Q[] {
  return queues.filter((queue) => queue.events.some((type) => eventTypes.includes(type)));
}
