import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Route } from '../http/define-route.ts';
import { routes } from './index.ts';

/** The answers of an operation that say which version a thing has. */
function versioned(route: Route) {
  return Object.values(route.responses).filter(
    ({ schema }) => schema instanceof z.ZodObject && 'version' in schema.shape,
  );
}

describe('Every operation that answers a version', () => {
  const answering = routes.filter((route) => versioned(route).length > 0);

  it.each(answering.map((route) => [route.operationId, route] as const))('%s sends it as ETag', (_name, route) => {
    // What can be read may hold more than its version tells of; what was changed has the version that it says.
    const tags = route.method === 'get' ? [true, 'for_changes'] : [true];
    for (const response of versioned(route)) expect(tags).toContain(response.etag);
  });

  const changing = answering.filter(({ method }) => method !== 'get' && method !== 'post');
  it.each(changing.map((route) => [route.operationId, route] as const))('%s looks at If-Match', (_name, route) => {
    expect(route.ifMatch).toBe(true);
  });
});

describe('Every query', () => {
  const withQuery = routes.flatMap(({ operationId, request }) =>
    request?.query ? [[operationId, request.query] as const] : [],
  );

  it.each(withQuery)('of %s refuses names that it does not know', (_name, query) => {
    const { error } = query.safeParse({ nobody_knows_this: '1' });
    expect(error?.issues.some(({ code }) => code === 'unrecognized_keys')).toBe(true);
  });
});

describe('Every write', () => {
  /** Those that take no Idempotency-Key, and why. */
  const keyless = new Map([
    [
      'eraseMe',
      'whoever could repeat it is nobody any more: the token is worth nothing, and the answer would be kept of them',
    ],
    ['lookUpInvitation', 'reads, and is a POST to keep the token out of addresses'],
  ]);

  it.each(routes.filter(({ method }) => method !== 'get').map((route) => [route.operationId, route] as const))(
    '%s takes an Idempotency-Key, but for those that say why not',
    (name, route) => {
      expect(route.idempotencyKey === false).toBe(keyless.has(name));
    },
  );
});

describe('What can be edited', () => {
  const has = (method: string, path: string) => routes.some((route) => route.method === method && route.path === path);

  const pathsOf = (method: string) => routes.filter((route) => route.method === method).map(({ path }) => path);
  const setWhole = new Map([
    ['/admin/tenants/{id}/plan', 'is one value'],
    ['/users/me/password', 'is nothing that can be read, and no part of it says anything'],
  ]);

  it.each(pathsOf('patch'))('at %s can be replaced', (path) => {
    expect(has('put', path)).toBe(true);
  });

  it.each(pathsOf('put').filter((path) => !setWhole.has(path)))('at %s can be changed in part', (path) => {
    expect(has('patch', path)).toBe(true);
  });
});
