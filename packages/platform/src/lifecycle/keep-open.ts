import type { Logger } from '../operations/logger.ts';
import { pause } from './time.ts';

/** Something that was opened and may end by itself: a connection, a channel, a pool of workers. */
export interface Opened<T> {
  readonly resource: T;
  /** Resolves when it has ended, whatever ended it, with the reason if one is known. */
  readonly closed: Promise<unknown>;
  /** Closes it in bounded time, and never rejects. Called once, also after it has ended by itself. */
  close(): Promise<void>;
}

/** A resource that is opened again whenever it ends. */
export interface KeptOpen<T> {
  /** The resource, while it is open. */
  current(): T | undefined;
  /** Resolves with the resource once it is open; rejects when it is stopped first. */
  opened(): Promise<T>;
  start(): void;
  /** Closes it and lets it be. */
  stop(): Promise<void>;
}

const delayFirstMs = 25;
const delayMaxMs = 1_000;
const stableAfterMs = 2_000;

/**
 * Keeps a resource open: opens it, waits for its end, opens it again, until stopped. The wait between attempts doubles
 * from 25 ms to 1 s, with jitter, so that a server that is back is in use again within two seconds and is not
 * overrun by everyone at the same moment.
 */
export function keepOpen<T>(options: {
  name: string;
  logger: Logger;
  /** Opens the resource. It waits for what may never come inside `untilStopped`, which rejects when stopped. */
  open: (untilStopped: <R>(wait: Promise<R>) => Promise<R>) => Promise<Opened<T>>;
}): KeptOpen<T> {
  const { name, logger, open } = options;
  const stopped = Promise.withResolvers<undefined>();
  let isStopping = false;
  let current: T | undefined;
  let next = nextOpened<T>();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    let failures = 0;
    while (!isStopping) {
      const opened = await open(untilStopped).catch((error: unknown) => {
        if (!isStopping) report(++failures, error);
        return undefined;
      });
      if (opened !== undefined) {
        if (failures > 0) logger.info({ resource: name }, 'resource is back');
        failures = await use(opened, failures);
      }
      if (!isStopping) await Promise.race([pause(jittered(failures)), stopped.promise]);
    }
  }

  function untilStopped<R>(wait: Promise<R>): Promise<R> {
    const end = stopped.promise.then((): never => {
      throw new Error(`${name} was stopped`);
    });
    return Promise.race([wait, end]);
  }

  /** Answers the failures to count from: a resource that ends soon after it was opened is still failing. */
  async function use(opened: Opened<T>, failures: number): Promise<number> {
    const openedAt = performance.now();
    if (!isStopping) {
      current = opened.resource;
      next.resolve(opened.resource);
    }
    const cause = await Promise.race([opened.closed, stopped.promise]);
    current = undefined;
    next = nextOpened<T>();
    await opened.close();
    if (isStopping) return 0;
    const since = performance.now() - openedAt > stableAfterMs ? 1 : failures + 1;
    report(since, cause);
    return since;
  }

  /** An outage is told once and then twice a minute, not with every attempt. */
  function report(failures: number, error: unknown): void {
    const level = failures % 30 === 1 ? 'warn' : 'debug';
    logger[level]({ error, resource: name, failures }, 'resource lost, opening it again');
  }

  return {
    current: () => current,
    opened: () => (current === undefined ? next.promise : Promise.resolve(current)),
    start() {
      running ??= run();
    },
    async stop() {
      isStopping = true;
      stopped.resolve(undefined);
      await running;
      next.reject(new Error(`${name} has stopped`));
    },
  };
}

function nextOpened<T>(): PromiseWithResolvers<T> {
  const resolvers = Promise.withResolvers<T>();
  // Often nobody waits; stopping must not count as an unhandled rejection then.
  resolvers.promise.catch(() => undefined);
  return resolvers;
}

function jittered(failures: number): number {
  return Math.min(delayMaxMs, delayFirstMs * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random() / 2);
}
