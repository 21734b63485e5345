import type { Component, Logger } from '@outlay/platform';

type Check = () => Promise<unknown>;

/** Whether the service can do its work. */
export interface Readiness extends Component {
  /** What /readyz asks. */
  checks: Readonly<Record<string, () => Promise<void>>>;
}

const retryMs = 250;

/**
 * Does what has to be done once before the first call can be answered, each until it has succeeded, and then waits
 * for the dependencies; when all are there `onReady` is called. A dependency that is down holds the service back and
 * never ends it. From then on calls fail by themselves while one is away, and /readyz says which.
 */
export function createReadiness(options: {
  preparations: Readonly<Record<string, Check>>;
  checks: Readonly<Record<string, Check>>;
  onReady: () => void;
  logger: Logger;
}): Readiness {
  const { preparations, checks, onReady, logger } = options;
  const pending = new Set(Object.keys(preparations));
  let lastFailed: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let looking: Promise<void> | undefined;

  async function prepare(name: string, work: Check): Promise<void> {
    try {
      await work();
      pending.delete(name);
    } catch (error) {
      // Tried four times a second; once is enough to tell.
      if (lastFailed !== name) logger.warn({ error, preparation: name }, 'not ready yet');
      lastFailed = name;
      throw error;
    }
  }

  async function look(): Promise<void> {
    try {
      for (const [name, work] of Object.entries(preparations)) if (pending.has(name)) await prepare(name, work);
      await Promise.all(Object.values(checks).map((check) => check()));
      if (!isStopped) onReady();
    } catch {
      if (!isStopped) timer = setTimeout(begin, retryMs);
    }
  }

  function begin(): void {
    looking = look();
  }

  return {
    checks: {
      ...Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, async () => void (await check())])),
      ...Object.fromEntries(
        Object.keys(preparations).map((name) => [
          name,
          async () => {
            if (pending.has(name)) throw new Error(`${name} is pending`);
          },
        ]),
      ),
    },
    start: begin,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
