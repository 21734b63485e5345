import type { Logger } from '../operations/logger.ts';

/** Something that is acquired at start and released at stop. Both may be called only once. */
export interface Component {
  start?: () => Promise<unknown> | unknown;
  stop?: () => Promise<unknown> | unknown;
}

/** The parts of a process in the order in which they start; they stop in reverse. */
export interface Lifecycle {
  /** Adds a part. Parts added while the process runs are stopped with it but must be started by their owner. */
  add(name: string, component: Component): void;
  /** Starts all in order. When one fails, those already started are stopped, and its error is thrown. */
  start(): Promise<void>;
  /** Stops all in reverse. Every part gets its turn; errors are logged, then thrown together. Safe to call again. */
  stop(): Promise<void>;
}

/** Makes an empty lifecycle. Each phase is timed and logged. */
export function createLifecycle(logger: Logger): Lifecycle {
  const components: { name: string; component: Component }[] = [];
  const started: { name: string; component: Component }[] = [];
  let isRunning = false;
  let stopping: Promise<void> | undefined;

  async function start(): Promise<void> {
    const startedAt = performance.now();
    for (const entry of components) {
      if (stopping) throw new Error('Stopped while starting');
      const componentStartedAt = performance.now();
      // Counted as started before it is, so that a part that fails half-way can still release what it took.
      started.push(entry);
      try {
        await entry.component.start?.();
      } catch (error) {
        logger.error({ error, component: entry.name }, 'start failed');
        await stop().catch(() => undefined);
        throw error;
      }
      logger.debug({ component: entry.name, duration_ms: elapsedMs(componentStartedAt) }, 'component started');
    }
    isRunning = true;
    logger.info({ duration_ms: elapsedMs(startedAt) }, 'started');
  }

  function stop(): Promise<void> {
    stopping ??= stopAll();
    return stopping;
  }

  async function stopAll(): Promise<void> {
    const startedAt = performance.now();
    const errors: unknown[] = [];
    for (let entry = started.pop(); entry; entry = started.pop()) {
      const componentStartedAt = performance.now();
      try {
        await entry.component.stop?.();
        logger.debug({ component: entry.name, duration_ms: elapsedMs(componentStartedAt) }, 'component stopped');
      } catch (error) {
        errors.push(error);
        logger.error({ error, component: entry.name, duration_ms: elapsedMs(componentStartedAt) }, 'stop failed');
      }
    }
    logger.info({ duration_ms: elapsedMs(startedAt) }, 'stopped');
    if (errors.length > 0) throw new AggregateError(errors, 'Some components did not stop cleanly');
  }

  return {
    add(name, component) {
      (isRunning ? started : components).push({ name, component });
    },
    start,
    stop,
  };
}

function elapsedMs(since: number): number {
  return Math.round(performance.now() - since);
}
