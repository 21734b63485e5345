import { type Clock, systemClock } from '../context/clock.ts';

/** Gives a service's own access token. */
export interface TokenSource {
  (): Promise<string>;
  /** Says that a peer refused a token that should be good, as when its key was withdrawn: the next one is fetched. */
  forget(token: string): void;
}

/**
 * Keeps a service's own access token: fetched at first need, shared by concurrent callers, fetched again when
 * less than a fifth of its life is left, or when it was refused. While a refresh fails, the token that is still good is
 * used.
 */
export function createServiceTokenSource(options: {
  fetch: () => Promise<{ token: string; expiresInSeconds: number }>;
  clock?: Clock;
}): TokenSource {
  const { fetch, clock = systemClock } = options;
  let current: { token: string; fetchedAt: number; refreshAt: number; expiresAt: number } | undefined;
  let fetching: Promise<string> | undefined;

  function refresh(): Promise<string> {
    fetching ??= fetch()
      .then(({ token, expiresInSeconds }) => {
        const now = clock().getTime();
        const lifeMs = expiresInSeconds * 1000;
        current = { token, fetchedAt: now, refreshAt: now + lifeMs * 0.8, expiresAt: now + lifeMs * 0.95 };
        return token;
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  }

  const source = async () => {
    const now = clock().getTime();
    if (!current || now >= current.expiresAt) return refresh();
    if (now >= current.refreshAt) refresh().catch(() => undefined);
    return current.token;
  };
  return Object.assign(source, {
    forget(token: string) {
      // A peer that refuses everything must not have a new one fetched for each of its refusals.
      const isOld = current !== undefined && clock().getTime() - current.fetchedAt >= keptAtLeastMs;
      if (current?.token === token && isOld) current = undefined;
    },
  });
}

const keptAtLeastMs = 1_000;
