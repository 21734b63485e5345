import type { Envelope } from '../envelope.ts';
import { type Bus, failed, type PublishOutcome } from './bus.ts';

/** A long chain stops growing here, so that a call ends in bounded time; the rest is for the next call. */
const chainMs = 2_000;

/**
 * Publishes many envelopes at once, but those of one aggregate one after the other: a broker may fail one message and
 * take the next, and a later version must never be out while an earlier one is not.
 */
export function publishInOrder(publishOne: (envelope: Envelope) => Promise<PublishOutcome>): Bus['publish'] {
  return (envelopes) => {
    const startedAt = performance.now();
    const lastOf = new Map<string, Promise<PublishOutcome>>();
    return Promise.all(
      envelopes.map((envelope) => {
        const aggregate = `${envelope.tenantid} ${envelope.subject}`;
        const before = lastOf.get(aggregate);
        const outcome = before === undefined ? publishOne(envelope) : publishAfter(before, envelope);
        lastOf.set(aggregate, outcome);
        return outcome;
      }),
    );

    async function publishAfter(before: Promise<PublishOutcome>, envelope: Envelope): Promise<PublishOutcome> {
      if ((await before).kind === 'failed') return failed('an earlier event of its aggregate was not taken');
      if (performance.now() - startedAt > chainMs) return failed('its aggregate had too many events for one call');
      return publishOne(envelope);
    }
  };
}
