import { Counter, type DomainError, Gauge, metrics, unavailable } from '@outlay/platform';
import type { Release } from './admission.ts';
import { createFairPlaces, type PlaceLimits, type Taker, type Whose } from './fair-places.ts';

/** What is on its way in: bodies of JSON, or files. */
export type Arrival = 'body' | 'upload';

const arrivingGauge = new Gauge({
  name: 'http_server_arrivals',
  help: 'Bodies that are still being sent',
  labelNames: ['arrival'],
  registers: [metrics],
});

const refusedArrivals = new Counter({
  name: 'http_server_arrivals_refused_total',
  help: 'Bodies refused with 503 because so many are still being sent',
  labelNames: ['arrival', 'whose'],
  registers: [metrics],
});

/** Bodies that are on their way in: how fast they come is their senders' affair. */
export interface Arrivals {
  /** Room for one more body until it is released. Throws unavailable `overloaded` at once where there is none. */
  enter(sender: Taker): Release;
  /** How many are on their way. */
  count(): number;
}

/**
 * Bounds what is on its way in, apart from what is worked on: a sender who stalls keeps room here and takes no place from
 * those whose requests have arrived.
 */
export function createArrivals(arrival: Arrival, limits: PlaceLimits): Arrivals {
  const places = createFairPlaces(limits, (count) => arrivingGauge.set({ arrival }, count));
  return {
    enter(sender) {
      const entered = places.enter(sender);
      if (typeof entered === 'string') throw refusal(arrival, entered);
      return entered;
    },
    count: places.count,
  };
}

function refusal(arrival: Arrival, whose: Whose): DomainError {
  refusedArrivals.inc({ arrival, whose });
  return unavailable('overloaded', 'Too much is being sent at once; come back in a moment');
}
