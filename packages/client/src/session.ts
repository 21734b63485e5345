import type { DataOf, OperationOf } from './api-types.ts';

/** What has to be kept of a session: what log-in and refresh answer fits. */
export type SessionTokens = Pick<DataOf<OperationOf<'post', '/auth/refresh'>>, 'access_token' | 'refresh_token'>;

/** Which token a request carries, and what takes its place once it has expired. */
export interface Credentials {
  token(): Promise<string | undefined>;
  /** The token to use instead of an expired one; undefined where there is none. Throws the problem of a refused refresh. */
  renewed(expired: string): Promise<string | undefined>;
  /** Hears that the session of a token was closed. */
  ended(token: string): void;
}

export interface SessionKeeper extends Credentials {
  current(): SessionTokens | undefined;
  use(session: SessionTokens | undefined): void;
}

/**
 * Keeps a session fresh. A refresh token is good once, so however many requests find out at the same moment that the
 * access token has expired, one of them renews it and the others wait.
 */
export function createSessionKeeper(options: {
  session: SessionTokens | undefined;
  refresh(refreshToken: string): Promise<SessionTokens>;
  isRefused(error: unknown): boolean;
  onSession: ((session: SessionTokens | undefined) => void) | undefined;
}): SessionKeeper {
  let session = options.session;
  let renewal: Promise<string | undefined> | undefined;

  function use(next: SessionTokens | undefined): void {
    session = next && { access_token: next.access_token, refresh_token: next.refresh_token };
    options.onSession?.(session);
  }

  async function renew(from: SessionTokens): Promise<string | undefined> {
    try {
      const next = await options.refresh(from.refresh_token);
      // Whoever logged in or out meanwhile has the last word.
      if (session === from) use(next);
    } catch (error) {
      if (session === from && options.isRefused(error)) use(undefined);
      throw error;
    }
    return session?.access_token;
  }

  return {
    current: () => session,
    use,
    token: async () => session?.access_token,
    ended(token) {
      if (session?.access_token === token) use(undefined);
    },
    async renewed(expired) {
      // Renewed already, by a request that was sent at the same time as this one.
      if (session?.access_token !== expired) return session?.access_token;
      renewal ??= renew(session).finally(() => {
        renewal = undefined;
      });
      return renewal;
    },
  };
}

/** For what is open to everyone. */
export const noCredentials: Credentials = {
  token: async () => undefined,
  renewed: async () => undefined,
  ended: () => undefined,
};
