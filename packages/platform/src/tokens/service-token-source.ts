import { type Clock, systemClock } from '../context/clock.ts';

/**
 * Keeps a service's own access token: fetched at first need, shared by concurrent callers, fetched again when
 * less than a fifth of its life is left. While a refresh fails, the token that is still good is used.
 */
export function createServiceTokenSource(options: {
  fetch: () => Promise<{ token: string; expiresInSeconds: number }>;
  clock?: Clock;
}): () => Promise<string> {
  const { fetch, clock = systemClock } = options;
  let current: { token: string; refreshAt: number; expiresAt: number } | undefined;
  let fetching: Promise<string> | undefined;

  function refresh(): Promise<string> {
    fetching ??= fetch()
      .then(({ token, expiresInSeconds }) => {
        const now = clock().getTime();
        const lifeMs = expiresInSeconds * 1000;
        current = { token, refreshAt: now + lifeMs * 0.8, expiresAt: now + lifeMs * 0.95 };
        return token;
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  }

  return async () => {
    const now = clock().getTime();
    if (!current || now >= current.expiresAt) return refresh();
    if (now >= current.refreshAt) refresh().catch(() => undefined);
    return current.token;
  };
}
