import type { Logger } from '../operations/logger.ts';
import type { Component } from './lifecycle.ts';

type Check = () => Promise<unknown>;

/** Whether a service can do its work. */
export interface Readiness extends Component {
  /** What /readyz asks: the checks, and each preparation by its name until it has succeeded. */
  checks: Readonly<Record<string, () => Promise<void>>>;
}

const retryMs = 250;
const watchMs = 1_000;

/**
 * Does what has to be done once before the first call can be answered, in order and each until it has succeeded, then
 * looks every second whether all checks pass. `onChange` hears of each change, and of nothing before the first time they
 * do. Starting does not wait for that: a dependency that is down holds the service back and never ends it.
 */
export function createReadiness(options: {
  preparations?: Readonly<Record<string, Check>>;
  checks: Readonly<Record<string, Check>>;
  onChange: (isReady: boolean) => void;
  logger: Logger;
}): Readiness {
  const { preparations = {}, checks, onChange, logger } = options;
  const pending = new Set(Object.keys(preparations));
  let failedLast: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let isReady = false;
  let looking: Promise<void> | undefined;

  async function prepare(name: string, work: Check): Promise<void> {
    if (!pending.has(name)) return;
    try {
      await work();
      pending.delete(name);
    } catch (error) {
      // Tried four times a second; once is enough to tell.
      if (failedLast !== name) logger.warn({ error, preparation: name }, 'not ready yet');
      failedLast = name;
      throw error;
    }
  }

  async function look(): Promise<void> {
    const passes = await attempt();
    if (isStopped) return;
    if (passes !== isReady) onChange(passes);
    isReady = passes;
    timer = setTimeout(begin, isReady ? watchMs : retryMs);
  }

  async function attempt(): Promise<boolean> {
    try {
      for (const [name, work] of Object.entries(preparations)) await prepare(name, work);
      await Promise.all(Object.values(checks).map((check) => check()));
      return true;
    } catch {
      return false;
    }
  }

  function begin(): void {
    looking = look();
  }

  const isPrepared = (name: string) => async () => {
    if (pending.has(name)) throw new Error(`${name} is pending`);
  };
  return {
    checks: {
      ...Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, async () => void (await check())])),
      ...Object.fromEntries(Object.keys(preparations).map((name) => [name, isPrepared(name)])),
    },
    start: begin,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
