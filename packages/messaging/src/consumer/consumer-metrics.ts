import { Counter, Histogram, metrics } from '@outlay/platform';

/** Events by queue and outcome: handled, repeated (known already), retried, waiting, parked, released. */
export const consumedEvents = new Counter({
  name: 'consumer_events_total',
  help: 'Events by what became of them: handled, repeated, retried, waiting, parked, released',
  labelNames: ['queue', 'outcome'],
  registers: [metrics],
});

/** From the writing of an event to the commit of its effect. */
export const commitToCommitSeconds = new Histogram({
  name: 'consumer_commit_to_commit_seconds',
  help: 'Time from the writing of an event to the commit of its effect',
  labelNames: ['queue'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  registers: [metrics],
});

/** How long the transaction for one tenant's events takes. */
export const handleSeconds = new Histogram({
  name: 'consumer_handle_seconds',
  help: "Time to handle one tenant's events of a batch, commit included",
  labelNames: ['queue'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [metrics],
});
