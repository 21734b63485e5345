import type { ServerResponse } from 'node:http';
import { Counter, type DomainError, Gauge, metrics, unavailable } from '@outlay/platform';
import type { RequestHandler } from 'express';

const inFlightGauge = new Gauge({
  name: 'http_server_requests_in_flight',
  help: 'Requests that are worked on',
  registers: [metrics],
});

const waitingGauge = new Gauge({
  name: 'http_server_requests_waiting',
  help: 'Requests that wait for others of the same tenant or address',
  registers: [metrics],
});

const refusedRequests = new Counter({
  name: 'http_server_requests_refused_total',
  help: 'Requests refused with 503 because of what is going on already',
  labelNames: ['reason'],
  registers: [metrics],
});

/** Why a request is refused: too much in all, too many waiting in all or of one party, or waited until its deadline. */
type Reason = 'in_flight' | 'waiting' | 'queue' | 'deadline';

/** Gives back a place that a request had. */
export type Release = () => void;

/** Decides what is worked on now, what waits, and what is refused. */
export interface Admission {
  /** Refuses at once what is more than the process should take on, whoever asks. */
  guard: RequestHandler;
  /**
   * A place among those of a party: the tenant, or the address of a caller without one. At once where one is free, else
   * when it is the request's turn. Throws unavailable `overloaded` where the queue is full or the deadline passes.
   */
  enter(party: string, response: ServerResponse, deadlineAt: number): Release | Promise<Release>;
}

interface Lane {
  working: number;
  /** In the order in which they came. */
  waiters: Set<() => void>;
}

/** From here on places are scarce, as a part of all. */
const scarceFrom = 0.75;

/**
 * Bounds what is worked on: `inFlightMax` requests in all, and of one party `concurrency`, behind which `queueMax` may
 * wait. So a party that floods the gateway is slowed down by itself and no other. When places grow scarce a party has no
 * more than its share of all, counting one that is still to come: many that flood together leave room as well.
 */
export function createAdmission(options: {
  inFlightMax: number;
  concurrency: number;
  queueMax: number;
  /** How many requests there are whose bodies, or answers in parts, are on their way: nobody works on those. */
  travelling: () => number;
}): Admission {
  const { inFlightMax, concurrency, queueMax, travelling } = options;
  const lanes = new Map<string, Lane>();
  let open = 0;
  let waiting = 0;

  const workedOn = () => open - waiting - travelling();

  function placesOfOne(): number {
    if (workedOn() < inFlightMax * scarceFrom) return concurrency;
    return Math.min(concurrency, Math.max(1, Math.floor(inFlightMax / (lanes.size + 1))));
  }

  function leave(party: string, lane: Lane): void {
    lane.working -= 1;
    for (const admit of lane.waiters) {
      if (lane.working >= placesOfOne()) break;
      admit();
    }
    if (lane.working === 0) lanes.delete(party);
  }

  function releaseOf(party: string, lane: Lane): Release {
    lane.working += 1;
    return () => leave(party, lane);
  }

  function wait(party: string, lane: Lane, response: ServerResponse, deadlineAt: number): Promise<Release> {
    return new Promise((resolve, reject) => {
      const stopWaiting = () => {
        lane.waiters.delete(admit);
        clearTimeout(timer);
        response.off('close', giveUp);
        waiting -= 1;
        report();
      };
      const admit = () => {
        stopWaiting();
        resolve(releaseOf(party, lane));
      };
      const giveUp = () => {
        stopWaiting();
        // To a client that is gone this says nothing; its request just must not be done.
        reject(refusal('deadline'));
      };
      const timer = setTimeout(giveUp, Math.max(0, deadlineAt - Date.now()));
      response.once('close', giveUp);
      lane.waiters.add(admit);
      waiting += 1;
      report();
    });
  }

  function report(): void {
    inFlightGauge.set(workedOn());
    waitingGauge.set(waiting);
  }

  return {
    guard: (_request, response, next) => {
      if (workedOn() >= inFlightMax) throw refusal('in_flight');
      open += 1;
      report();
      response.once('close', () => {
        open -= 1;
        report();
      });
      next();
    },
    enter(party, response, deadlineAt) {
      let lane = lanes.get(party);
      if (!lane) {
        lane = { working: 0, waiters: new Set() };
        lanes.set(party, lane);
      }
      if (lane.waiters.size === 0 && lane.working < placesOfOne()) return releaseOf(party, lane);
      if (lane.waiters.size >= queueMax) throw refusal('queue');
      if (waiting >= inFlightMax) throw refusal('waiting');
      return wait(party, lane, response, deadlineAt);
    },
  };
}

function refusal(reason: Reason): DomainError {
  refusedRequests.inc({ reason });
  return unavailable('overloaded', 'Too much is going on; come back in a moment');
}
