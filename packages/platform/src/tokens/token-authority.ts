import { z } from 'zod';
import { anonymousContext, type CallerContext } from '../context/caller-context.ts';
import { unavailable } from '../errors/domain-error.ts';
import type { JsonWebKeySet } from './key-set.ts';
import { createServiceTokenSource, type TokenSource } from './service-token-source.ts';

type Call<Request, Response> = (
  context: CallerContext,
  request: Request,
  options?: { deadlineMs?: number },
) => Promise<Response>;

/** Whoever issues tokens, as a client of its RPCs. */
export interface TokenAuthority {
  getJwks: Call<Record<never, never>, { jwksJson: string }>;
  issueServiceToken: Call<
    { clientId: string; clientSecret: string },
    { accessToken: string; expiresInSeconds: number }
  >;
}

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
const deadlineMs = 2_000;

/** How to load the keys that tokens are verified with. */
export function keysOf(authority: Pick<TokenAuthority, 'getJwks'>): () => Promise<JsonWebKeySet> {
  return async () => {
    const { jwksJson } = await authority.getJwks(anonymousContext(), {}, { deadlineMs });
    return keySet.parse(JSON.parse(jwksJson));
  };
}

/** A source of a service's own token, for clients; it throws unavailable while none can be had. */
export function serviceTokenOf(
  authority: Pick<TokenAuthority, 'issueServiceToken'>,
  { clientId, clientSecret }: { clientId: string; clientSecret: string | undefined },
): TokenSource {
  return createServiceTokenSource({
    fetch: async () => {
      if (!clientSecret) throw unavailable('service_token_unavailable', 'SERVICE_CLIENT_SECRET is not set');
      const issued = await authority.issueServiceToken(anonymousContext(), { clientId, clientSecret }, { deadlineMs });
      return { token: issued.accessToken, expiresInSeconds: issued.expiresInSeconds };
    },
  });
}
