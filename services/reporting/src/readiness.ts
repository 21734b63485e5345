import type { JsonWebKeySet } from '@outlay/platform';

/** Whether the service can do its work. */
export interface Readiness {
  /** Loads the keys that tokens are verified with, and remembers that they have been there. */
  loadKeys: () => Promise<JsonWebKeySet>;
  /** What /readyz asks. */
  checks: Readonly<Record<string, () => Promise<void>>>;
  /** Begins to look; does not wait. */
  start(): void;
  stop(): void;
}

const retryMs = 250;

/**
 * Holds the service back until everything it needs has answered once; then `onReady` is called. From then on calls
 * fail by themselves while a dependency is away, and /readyz says which.
 */
export function createReadiness(options: {
  loadKeys: () => Promise<JsonWebKeySet>;
  checks: Readonly<Record<string, () => Promise<void>>>;
  onReady: () => void;
}): Readiness {
  let hasKeys = false;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const loadKeys = async () => {
    const keys = await options.loadKeys();
    hasKeys = true;
    return keys;
  };
  const checks = {
    ...options.checks,
    keys: async () => {
      if (!hasKeys) await loadKeys();
    },
  };

  async function look(): Promise<void> {
    const outcomes = await Promise.allSettled(Object.values(checks).map((check) => check()));
    if (isStopped) return;
    if (outcomes.every((outcome) => outcome.status === 'fulfilled')) options.onReady();
    else timer = setTimeout(look, retryMs);
  }

  return {
    loadKeys,
    checks,
    start() {
      void look();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
