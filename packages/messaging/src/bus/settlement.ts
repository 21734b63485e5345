import { backoffAfter, type QueueDefinition } from '../catalogue.ts';
import type { DeliveryOutcome } from './bus.ts';

/** An outcome with the queue's rules applied: what an adapter has to do with the message. */
export type Settlement =
  | { readonly kind: 'forget' }
  | { readonly kind: 'release' }
  /** Deliver again after a wait, as the given attempt. */
  | { readonly kind: 'again'; readonly attempt: number; readonly delayMs: number; readonly error: string }
  | { readonly kind: 'park'; readonly attempts: number; readonly error: string };

/** Applies a queue's attempts and back-off to the outcome of a delivery. */
export function settlementOf(queue: QueueDefinition, attempt: number, outcome: DeliveryOutcome): Settlement {
  switch (outcome.kind) {
    case 'done':
      return { kind: 'forget' };
    case 'release':
      return { kind: 'release' };
    case 'park':
      return { kind: 'park', attempts: attempt, error: describeError(outcome.error) };
    case 'wait':
      return { kind: 'again', attempt, delayMs: backoffAfter(queue, 1), error: describeError(outcome.error) };
    case 'retry': {
      const error = describeError(outcome.error);
      if (attempt >= queue.attempts) return { kind: 'park', attempts: attempt, error };
      return { kind: 'again', attempt: attempt + 1, delayMs: backoffAfter(queue, attempt), error };
    }
  }
}

const errorLengthMax = 1_000;

/** An error in one line that fits a header: names and messages down the chain of causes. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let cause: unknown = error; cause !== undefined && parts.length < 5; ) {
    parts.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return parts.join(' <- ').slice(0, errorLengthMax);
}
