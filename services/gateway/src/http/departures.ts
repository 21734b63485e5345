import { Counter, DomainError, Gauge, metrics } from '@outlay/platform';
import type { Release } from './admission.ts';
import { createFairPlaces, type PlaceLimits, type Taker } from './fair-places.ts';

const departingGauge = new Gauge({
  name: 'http_server_departures',
  help: 'Answers in parts that are still being taken',
  registers: [metrics],
});

const refusedDepartures = new Counter({
  name: 'http_server_departures_refused_total',
  help: 'Answers in parts refused with 503 because so many are still being taken',
  labelNames: ['whose'],
  registers: [metrics],
});

/** Answers in parts that are on their way out: how fast they go is up to those who take them. */
export interface Departures {
  /** Room for one more until it is released. Throws unavailable `overloaded` at once where there is none. */
  enter(taker: Taker): Release;
  /** How many are on their way. */
  count(): number;
}

/** In some seconds one may have ended; a file takes longer than a request. */
const retryAfterMs = 5_000;

/** Bounds what is on its way out, apart from what is worked on: a slow reader takes no place from the other requests. */
export function createDepartures(limits: PlaceLimits): Departures {
  const places = createFairPlaces(limits, (count) => departingGauge.set(count));
  return {
    enter(taker) {
      const entered = places.enter(taker);
      if (typeof entered !== 'string') return entered;
      refusedDepartures.inc({ whose: entered });
      throw new DomainError(
        'unavailable',
        'overloaded',
        'Too many files are being fetched at once; come back in a moment',
        {
          meta: { retry_after_ms: String(retryAfterMs) },
        },
      );
    },
    count: places.count,
  };
}
