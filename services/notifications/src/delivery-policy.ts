/** When a delivery is tried again, and when it is given up. */
export interface DeliveryPolicy {
  /** Wait after each attempt that did not settle it; one attempt more than there are waits. */
  backoffMs: readonly number[];
  /** How long an attempt may be under way before another may take over. Far above the provider's time-outs. */
  leaseMs: number;
}

const minuteMs = 60_000;

/** Nine attempts in about two days, which is as long as Mailgun's event log can be relied on for a lookup. */
export const deliveryPolicy: DeliveryPolicy = {
  backoffMs: [
    10_000,
    minuteMs,
    5 * minuteMs,
    15 * minuteMs,
    60 * minuteMs,
    240 * minuteMs,
    720 * minuteMs,
    1_440 * minuteMs,
  ],
  leaseMs: 2 * minuteMs,
};

/** When to look at a delivery again after its given attempt (from 1), or null when that was the last. */
export function nextAttemptAt(
  policy: DeliveryPolicy,
  attempt: { number: number; endedAt: Date; waitMinMs: number },
): Date | null {
  const backoffMs = policy.backoffMs[attempt.number - 1];
  return backoffMs === undefined ? null : new Date(attempt.endedAt.getTime() + Math.max(backoffMs, attempt.waitMinMs));
}
