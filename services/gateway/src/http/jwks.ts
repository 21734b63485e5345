import type { JsonWebKeySet } from '@outlay/platform';
import { Router as createRouter, type Router } from 'express';
import { exchangeOf } from './exchange.ts';

/** As long as clients may keep it again: together they know of a withdrawn key within little more than a minute. */
const freshMs = 10_000;

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
    response.set('Cache-Control', 'public, max-age=60').json(await current());
  });
  return router;
}
