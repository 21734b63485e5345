import { type Database, type Logger, systemClock } from '@outlay/platform';
import type { Bus } from '../bus/bus.ts';
import { backlogAge, backlogEvents, commitToPublishSeconds, publishSeconds } from './relay-metrics.ts';
import { markPublished, readBacklog, type TakenEvent, takeUnpublished } from './take-events.ts';

/** How a service's outbox is published. */
export interface RelayOptions {
  database: Pick<Database, 'withSystem' | 'listen'>;
  bus: Pick<Bus, 'publish' | 'waitingFor'>;
  logger: Logger;
  /** Events in one transaction at most; 500 unless told. */
  batchMax?: number;
  /** How long an event waits at most when its notification was missed; 1,000 unless told. */
  pollMs?: number;
  /** From one batch to the next at least, unless there is more than one can hold; 10 unless told. */
  gatherMs?: number;
}

/** Publishes a service's outbox until it is stopped. */
export interface Relay {
  start(): Promise<void>;
  /** Finishes the batch in hand. */
  stop(): Promise<void>;
  /** Looks at the outbox now. For statements that write outbox rows without a notification of their own, after their commit. */
  wake(): void;
}

const failurePauseMinMs = 50;
const failurePauseMaxMs = 1_000;
/** Another relay is about to finish with what this one waits for. */
const waitingPauseMs = 5;
const setAsideMs = 1_000;
const setAsideMax = 1_000;
const backlogEveryMs = 5_000;
/**
 * What waits in a queue waits for all that was published before it, whose ever that is. So from a thousand messages on, a
 * quarter of a second for a consumer, a tenant gets on by some 700 a second, which is less than a consumer takes in, and
 * not nothing, as the consumer that is behind need not be the only one.
 */
const crowdedFrom = 1_000;
const crowdedShare = 50;
const crowdedPauseMs = 50;
const crowdedEveryMs = 100;

/** `refused`: nothing of the oldest events was taken, so the ones behind them get a try before anything waits. */
type Round = 'more' | 'idle' | 'waiting' | 'refused' | 'failed';

/**
 * Makes the relay of one service. Any number may run at once, in any number of processes.
 *
 * A batch is taken, published and marked in one transaction that holds its row locks all the while, 7 s at worst and
 * some 10 ms as a rule. The alternative, to claim rows in a first transaction, would cost a second update of each row,
 * and rows claimed by a relay that died would wait for their lease to run out; a lock dies with its owner. What is
 * locked hinders nobody: commands only insert. A relay killed after the publishing publishes again, which consumers
 * recognise by the event's id; nothing is ever marked that was not taken by the bus.
 */
export function createRelay(options: RelayOptions): Relay {
  const { database, bus, logger, batchMax = 500, pollMs = 1_000, gatherMs = 10 } = options;
  /** Subjects whose events the bus refused, and until when they are left out, so that they do not block the others. */
  const setAside = new Map<string, number>();
  /** The subjects of a batch of which nothing was taken; the next round leaves them out, the one after that does not. */
  let leftOutOnce: string[] = [];
  /** Where the next round goes on, where there are more tenants than one round looks at. */
  let afterTenantId: string | undefined;
  /** Whether a tenant got no more than its share since the first one was looked at. */
  let isFull = false;
  /** Whether consumers are behind; looked at only while there is more than one batch takes. */
  let isCrowded = false;
  let crowdedReadAt = Number.NEGATIVE_INFINITY;
  let publishedTypes: string[] = [];
  const bell = createBell();
  let isStopping = false;
  let schema: string | undefined;
  let backlogReadAt = Number.NEGATIVE_INFINITY;
  let batchAt = Number.NEGATIVE_INFINITY;
  let stopListening: (() => Promise<void>) | undefined;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    let failures = 0;
    while (!isStopping) {
      bell.reset();
      const round = await runRound().catch((error: unknown): Round => {
        logger.warn({ error }, 'outbox could not be published, trying again');
        return 'failed';
      });
      if (isStopping || round === 'refused') continue;
      failures = round === 'failed' ? failures + 1 : 0;
      if (round !== 'more') isCrowded = false;
      if (round === 'more') await keepPace();
      else if (round === 'failed') await bell.stopped(failurePause(failures));
      else if (round === 'waiting') await bell.rung(waitingPauseMs);
      else {
        await bell.rung(setAside.size > 0 ? Math.min(setAsideMs, pollMs) : pollMs);
        // A lone event goes at once. Of a steady stream several go together: a batch costs the relay, the bus and each
        // consumer several round trips, whatever is in it.
        const gatherFor = batchAt + gatherMs - performance.now();
        if (gatherFor > 0) await bell.stopped(gatherFor);
      }
    }
  }

  async function runRound(): Promise<Round> {
    if (performance.now() - backlogReadAt > backlogEveryMs) await measureBacklog();
    for (const [subject, until] of setAside) if (until <= performance.now()) setAside.delete(subject);
    const withoutSubjects = [...setAside.keys(), ...leftOutOnce];
    const isWhole = leftOutOnce.length === 0;
    leftOutOnce = [];
    // A serialisation failure must not publish the batch twice within one call: the next round will.
    return database.withSystem(
      async (session) => {
        const limits = { batchMax, shareMax: isCrowded ? crowdedShare : batchMax, afterTenantId, withoutSubjects };
        const { events, held, ...looked } = await takeUnpublished(session, limits);
        const isLast = looked.lastTenantId === undefined;
        const isMore = !isLast || isFull || looked.isFull;
        afterTenantId = looked.lastTenantId;
        isFull = isMore && !isLast;
        if (events.length === 0) return isMore ? 'more' : held > 0 ? 'waiting' : isWhole ? 'idle' : 'failed';
        const published = await publish(events);
        await markPublished(session, published);
        if (published.length === 0) {
          if (isWhole) leftOutOnce = [...new Set(events.map(subjectOf))];
          return isWhole ? 'refused' : 'failed';
        }
        if (isMore || !isWhole || published.length < events.length) return 'more';
        return held > 0 ? 'waiting' : 'idle';
      },
      { retries: 0 },
    );
  }

  async function publish(events: readonly TakenEvent[]): Promise<TakenEvent[]> {
    batchAt = performance.now();
    const outcomes = await bus.publish(events.map((event) => event.envelope));
    publishSeconds.observe({ schema }, (performance.now() - batchAt) / 1_000);
    const now = systemClock().getTime();
    const published = events.filter((_event, index) => outcomes[index]?.kind === 'taken');
    publishedTypes = [...new Set(published.map((event) => event.envelope.type))];
    for (const event of published) {
      commitToPublishSeconds.observe({ schema }, Math.max(0, now - event.recordedAt.getTime()) / 1_000);
    }
    const reason = outcomes.find((outcome) => outcome.kind === 'failed')?.reason;
    if (reason !== undefined) {
      logger.warn(
        { reason, refused: events.length - published.length, taken: published.length },
        'the bus refused events',
      );
    }
    if (published.length > 0) {
      const refused = events.filter((_event, index) => outcomes[index]?.kind === 'failed').map(subjectOf);
      for (const subject of refused.slice(0, setAsideMax)) setAside.set(subject, performance.now() + setAsideMs);
    }
    return published;
  }

  async function keepPace(): Promise<void> {
    if (performance.now() - crowdedReadAt > crowdedEveryMs) {
      isCrowded = (await bus.waitingFor(publishedTypes)) >= crowdedFrom;
      crowdedReadAt = performance.now();
    }
    if (isCrowded) await bell.stopped(crowdedPauseMs);
  }

  async function measureBacklog(): Promise<void> {
    const backlog = await database.withSystem(readBacklog, { readOnly: true });
    backlogReadAt = performance.now();
    schema = backlog.schema;
    backlogEvents.set({ schema }, backlog.events);
    backlogAge.set({ schema }, backlog.oldestAgeSeconds);
    stopListening ??= await database.listen(`${backlog.schema}_outbox`, bell.ring);
  }

  return {
    async start() {
      running ??= run();
    },
    async stop() {
      isStopping = true;
      bell.stop();
      await running;
      await stopListening?.();
    },
    wake: bell.ring,
  };
}

function subjectOf(event: TakenEvent): string {
  return event.envelope.subject;
}

function failurePause(failures: number): number {
  return Math.min(failurePauseMaxMs, failurePauseMinMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

/** Lets a loop sleep until it is woken. A ring during work is remembered, so that the sleep after it ends at once. */
function createBell() {
  let isRung = false;
  let end: (() => void) | undefined;
  let isStopped = false;
  const sleep = (ms: number, isOver: () => boolean) =>
    new Promise<void>((resolve) => {
      if (isOver()) return resolve();
      const timer = setTimeout(resolve, ms);
      end = () => {
        if (!isOver()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  return {
    ring: (): void => {
      isRung = true;
      end?.();
    },
    stop: (): void => {
      isStopped = true;
      end?.();
    },
    reset: (): void => {
      isRung = false;
    },
    /** Sleeps until rung or stopped, or for the given time. */
    rung: (ms: number) => sleep(ms, () => isRung || isStopped),
    /** Sleeps until stopped, or for the given time. */
    stopped: (ms: number) => sleep(ms, () => isStopped),
  };
}
