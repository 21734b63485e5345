import { anonymousContext, type JsonWebKeySet } from '@outlay/platform';
import { Router as createRouter, type Router } from 'express';
import type { Services } from '../services.ts';
import { exchangeOf } from './exchange.ts';

/** The keys that access tokens verify with, as identity has them now. */
export async function loadKeys(services: Services): Promise<JsonWebKeySet> {
  const { jwksJson } = await services.identity.getJwks(anonymousContext(), {}, { deadlineMs: 2_000 });
  return JSON.parse(jwksJson);
}

const freshMs = 60_000;

/** `/.well-known/jwks.json` (RFC 7517). While identity is away the last known keys are served. */
export function mountJwks(load: () => Promise<JsonWebKeySet>): Router {
  const router = createRouter();
  let known: { keys: JsonWebKeySet; at: number } | undefined;

  async function current(): Promise<JsonWebKeySet> {
    if (known && performance.now() - known.at < freshMs) return known.keys;
    try {
      known = { keys: await load(), at: performance.now() };
      return known.keys;
    } catch (error) {
      if (known) return known.keys;
      throw error;
    }
  }

  router.get('/.well-known/jwks.json', async (request, response) => {
    exchangeOf(request).route = request.path;
    response.set('Cache-Control', 'public, max-age=300').json(await current());
  });
  return router;
}
