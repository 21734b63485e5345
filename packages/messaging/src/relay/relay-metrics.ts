import { Gauge, Histogram, metrics } from '@outlay/platform';

const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Unpublished events, counted up to 100,000. */
export const backlogEvents = new Gauge({
  name: 'outbox_backlog_events',
  help: 'Events in the outbox that are not published yet, counted up to 100000',
  labelNames: ['schema'],
  registers: [metrics],
});

/** Age of the oldest unpublished event. */
export const backlogAge = new Gauge({
  name: 'outbox_oldest_event_age_seconds',
  help: 'Age of the oldest event in the outbox that is not published yet',
  labelNames: ['schema'],
  registers: [metrics],
});

/** How long the bus takes to take a batch. */
export const publishSeconds = new Histogram({
  name: 'outbox_publish_seconds',
  help: 'Time until the bus has taken a batch of events',
  labelNames: ['schema'],
  buckets,
  registers: [metrics],
});

/** From the writing of an event to the moment the bus has it. */
export const commitToPublishSeconds = new Histogram({
  name: 'outbox_commit_to_publish_seconds',
  help: 'Time from the writing of an event to the moment the bus has taken it',
  labelNames: ['schema'],
  buckets,
  registers: [metrics],
});
