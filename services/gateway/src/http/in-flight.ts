import { Gauge, metrics, unavailable } from '@outlay/platform';
import type { RequestHandler } from 'express';

const inFlightGauge = new Gauge({
  name: 'http_server_requests_in_flight',
  help: 'Requests whose answer is not finished',
  registers: [metrics],
});

/** Counts what is being worked on; one more than `max` is refused at once, as waiting would only add to the pile. */
export interface InFlight {
  guard: RequestHandler;
  count(): number;
}

export function createInFlight(max: number): InFlight {
  let count = 0;
  return {
    count: () => count,
    guard: (_request, response, next) => {
      if (count >= max) throw unavailable('overloaded', 'Too much is going on; come back in a moment');
      count += 1;
      inFlightGauge.set(count);
      response.once('close', () => {
        count -= 1;
        inFlightGauge.set(count);
      });
      next();
    },
  };
}
