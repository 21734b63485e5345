import type { QueueDefinition } from '../catalogue.ts';
import type { Envelope } from '../envelope.ts';

/** What became of one envelope: the broker answers for it now, or it must be published again. */
export type PublishOutcome = { readonly kind: 'taken' } | { readonly kind: 'failed'; readonly reason: string };

/** One message handed to a consumer. It is delivered again, here or elsewhere, unless its outcome is told. */
export interface Delivery {
  /** The message's JSON, parsed and nothing more: whoever handles it checks that it is an envelope. */
  readonly body: unknown;
  /** 1 for the first delivery; goes up with each that failed. Crashes and lost connections do not count. */
  readonly attempt: number;
}

/**
 * What to do with a delivery:
 * `done` forgets it; `retry` delivers it again after the queue's back-off, or parks it when its attempts are used up;
 * `wait` delivers it again after the queue's shortest back-off and counts no attempt, as nothing is wrong with it;
 * `park` sets it aside at once, as no repetition can help; `release` gives it back untouched, for any consumer.
 */
export type DeliveryOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly error: unknown }
  | { readonly kind: 'wait'; readonly error: unknown }
  | { readonly kind: 'park'; readonly error: unknown }
  | { readonly kind: 'release' };

/**
 * Handles deliveries that arrived together; answers one outcome for each, in their order. When it throws, all of
 * them are retried. Calls for one subscription do not overlap.
 */
export type DeliveryHandler = (deliveries: readonly Delivery[]) => Promise<readonly DeliveryOutcome[]>;

/** How a subscription takes in messages. */
export interface SubscribeOptions {
  /** Messages held unsettled at most; twice `batchMax` unless told. */
  prefetch?: number;
  /** Deliveries in one call of the handler at most; 100 unless told. */
  batchMax?: number;
}

/** A consumer at work. */
export interface Subscription {
  /** Takes in nothing more, waits for the call of the handler in flight and settles its deliveries. */
  stop(): Promise<void>;
}

/** A message that was set aside, with the reason. */
export interface ParkedMessage {
  readonly body: unknown;
  readonly error: string;
  readonly attempts: number;
  readonly parkedAt: Date | undefined;
}

/** Delivers events at least once to every queue bound to them. Survives the loss of its server by itself. */
export interface Bus {
  /**
   * Begins to connect, and resolves when connected or after 5 s: a server that is away does not keep a service from
   * starting, `check` tells of it.
   */
  start(): Promise<void>;
  /** Stops the subscriptions, lets publishing finish, closes the connections. */
  stop(): Promise<void>;
  /**
   * Hands envelopes over; one outcome for each, in their order, never a rejection. Takes 7 s at worst.
   * Envelopes of one aggregate (tenant and subject) are handed over in the given order, each after the one before was
   * taken; when one fails, the later ones of its aggregate fail too.
   */
  publish(envelopes: readonly Envelope[]): Promise<PublishOutcome[]>;
  /**
   * How many messages wait for a consumer in the fullest of the queues that these events go to; 0 where that cannot be
   * told within a second. Never a rejection. It costs some milliseconds.
   */
  waitingFor(eventTypes: readonly string[]): Promise<number>;
  /** Hands the messages of a queue to `handle` until stopped, through reconnects. Rejects only when the bus has stopped. */
  subscribe(queue: QueueDefinition, options: SubscribeOptions, handle: DeliveryHandler): Promise<Subscription>;
  /** Throws while publishing or consuming is not possible; for readiness. */
  check(): Promise<void>;
  /** The messages of a queue that were parked, oldest first, 1,000 at most. They stay where they are. */
  parked(queue: QueueDefinition): Promise<ParkedMessage[]>;
  /** Puts what is parked now back into its queue with all attempts before it. Answers how many. */
  replayParked(queue: QueueDefinition): Promise<number>;
}

export const taken: PublishOutcome = { kind: 'taken' };
export const done: DeliveryOutcome = { kind: 'done' };
export const release: DeliveryOutcome = { kind: 'release' };

/** The outcome of an envelope that must be published again. */
export function failed(reason: string): PublishOutcome {
  return { kind: 'failed', reason };
}

/** Time in which the server must say how many messages wait. */
export const countTimeoutMs = 1_000;

/** Time in which the server must take responsibility for a message. */
export const publishTimeoutMs = 5_000;

/**
 * Deliveries of a message, crashes included, after which it is parked although its attempts are not used up. A message
 * that kills its consumer each time never gets to count an attempt; this is the guard against it.
 */
export const deliveryLimit = 100;
