import { describe, expect, it } from '@jest/globals';
import { deliveryPolicy, nextAttemptAt } from './delivery-policy.ts';

const endedAt = new Date('2025-01-15T12:00:00Z');

describe('when a delivery is tried again', () => {
  it('waits longer each time', () => {
    const waits = deliveryPolicy.backoffMs.map(
      (_, index) =>
        nextAttemptAt(deliveryPolicy, { number: index + 1, endedAt, waitMinMs: 0 })!.getTime() - endedAt.getTime(),
    );

    expect(waits[0]).toBe(10_000);
    expect(waits).toEqual([...waits].sort((left, right) => left - right));
  });

  it('waits at least as long as a lookup needs to be trusted', () => {
    expect(nextAttemptAt(deliveryPolicy, { number: 1, endedAt, waitMinMs: 300_000 })).toEqual(
      new Date('2025-01-15T12:05:00Z'),
    );
  });

  it('is never after the last attempt', () => {
    const number = deliveryPolicy.backoffMs.length + 1;

    expect(nextAttemptAt(deliveryPolicy, { number, endedAt, waitMinMs: 0 })).toBeNull();
  });
});
