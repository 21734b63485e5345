import { type CallerContext, DomainError, isOutcomeUnknown } from '@outlay/platform';
import type { Route } from './define-route.ts';

/** Whether an operation may have been done although its answer says otherwise: all that are no mere reading. */
export function leavesDoubt({ method }: Pick<Route, 'method'>): boolean {
  return method !== 'get';
}

/**
 * What a client without an Idempotency-Key is told where nobody knows what became of its write: to look before it sends it
 * again. With a key it may just try again, as the second try would not have a second effect, and gets the error as it is.
 */
export function tellOfDoubt(route: Pick<Route, 'method'>, context: CallerContext, error: unknown): unknown {
  if (!leavesDoubt(route) || context.idempotencyKey !== undefined || !isOutcomeUnknown(error)) return error;
  return new DomainError(
    'unavailable',
    'outcome_unknown',
    'There was no answer in time, so it may have been done or not. Read what should have changed before you send it again. ' +
      'With an Idempotency-Key it can be sent again without a look.',
    { cause: error },
  );
}
