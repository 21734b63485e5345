import {
  type CallerContext,
  DomainError,
  hashRequest,
  type Logger,
  notFound,
  rateLimited,
  runInCallScope,
  type TokenVerifier,
} from '@outlay/platform';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Services } from '../services.ts';
import type { RevokedSessions } from '../sessions/revoked-sessions.ts';
import { anonymousCaller, assertAllowed, authenticate } from './authenticate.ts';
import { type Call, type Route, takesIdempotencyKey } from './define-route.ts';
import { exchangeOf } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { readIfMatch } from './if-match.ts';
import type { RateLimit } from './rate-limit.ts';
import { hasBody, readJson } from './read-json.ts';
import { readQuery } from './read-query.ts';
import type { Tenants } from './select-tenant.ts';
import { sendAnswer } from './send-answer.ts';
import { validate } from './validate.ts';

/** What the checks before a handler need. */
export interface RouteEnvironment {
  services: Services;
  verifier: TokenVerifier;
  revoked: RevokedSessions;
  tenants: Tenants;
  closeSession: (sessionId: string) => void;
  /** Undefined: no limit. */
  rateLimit: RateLimit | undefined;
  validateResponses: boolean;
  logger: Logger;
}

/** Puts the declared routes into a router; other methods on their paths are 405. */
export function mountRoutes(routes: readonly Route[], environment: RouteEnvironment): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, onPath] of Map.groupBy(routes, (route) => route.path)) {
    const place = router.route(path.replace(/\{(\w+)\}/g, ':$1'));
    for (const route of onPath) place[route.method](toHandler(route, environment));
    place.all(refuseMethod(onPath));
  }
  return router;
}

/**
 * The way of every request: who calls, for which tenant, how often, may they, is it valid; then the handler, and the
 * answer. All that can be known beforehand is worked out once, here.
 */
function toHandler(route: Route, environment: RouteEnvironment): RequestHandler {
  const { services, tenants, validateResponses } = environment;
  const template = `/api/v1${route.path}`;
  const takesKey = takesIdempotencyKey(route);
  const repeatable = arrayNames(route.request?.query);

  async function call(request: Request, response: Response, context: CallerContext): Promise<void> {
    assertAllowed(route, context);
    if (takesKey) context.idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    const ifMatch = route.ifMatch ? readIfMatch(request.headers['if-match']) : undefined;
    const params = readParams(route, request);
    const querySchema = route.request?.query;
    const query = querySchema && validate(querySchema, readQuery(request.originalUrl, repeatable));
    const body = await readRouteBody(route, request);
    if (context.idempotencyKey !== undefined && context.actor.kind === 'user' && body !== undefined) {
      context.requestDigest = hashRequest({ path: request.path, body, ifMatch: String(ifMatch) }).toString('hex');
    }
    const given: Call<typeof route.auth, unknown, unknown, unknown> = {
      context,
      params,
      query,
      body,
      ifMatch,
      services,
      clientAddress: request.ip ?? '',
      request,
      selectedTenant: () => tenants.selected(request),
      tenantOf: (id) => tenants.byId(id, context.requestId),
      rememberTenant: tenants.remember,
      closeSession: environment.closeSession,
    };
    const answer = await route.handle(given);
    sendAnswer(request, response, route, answer, validateResponses);
  }

  return async (request, response) => {
    const exchange = exchangeOf(request);
    exchange.route = template;
    if (route.deadlineMs !== undefined) exchange.deadlineAt = Date.now() + route.deadlineMs;
    const context = await identify(route, request, response, environment);
    exchange.actorId = context.actor.id || undefined;
    exchange.tenantId = context.tenantId;
    const scope = { tenantId: context.tenantId, deadlineAt: exchange.deadlineAt };
    await runInCallScope(scope, () => call(request, response, context));
  };
}

/** Who calls, held against the tenant that the request names, and counted. */
async function identify(
  route: Route,
  request: Request,
  response: Response,
  environment: RouteEnvironment,
): Promise<CallerContext> {
  const { verifier, revoked, tenants, rateLimit } = environment;
  if (route.auth === 'public') {
    if (rateLimit) count(rateLimit, `address:${request.ip}`, response);
    return anonymousCaller(request);
  }
  const context = await authenticate(request, verifier, revoked).catch((error: unknown) => {
    // Whoever tries tokens is counted by address: there is no caller to count.
    if (rateLimit) count(rateLimit, `address:${request.ip}`, response);
    throw error;
  });
  if (rateLimit) count(rateLimit, `user:${context.tenantId ?? ''}:${context.actor.id}`, response);
  if (route.auth !== 'platform_admin') await tenants.assertSelected(request, context.tenantId);
  return context;
}

function count(rateLimit: RateLimit, caller: string, response: Response): void {
  const { isAllowed, remaining, resetsInMs } = rateLimit.take(caller);
  response.setHeader('RateLimit-Policy', `"general";q=${rateLimit.perMinute};w=60`);
  response.setHeader('RateLimit', `"general";r=${remaining};t=${Math.ceil(resetsInMs / 1000)}`);
  if (!isAllowed) throw rateLimited('rate_limited', 'Too many requests; come back later', resetsInMs);
}

/** An id that cannot be one names nothing: 404, as for one that does not exist. */
function readParams(route: Route, request: Request): unknown {
  const schema = route.request?.params;
  if (!schema) return undefined;
  const parsed = schema.safeParse(request.params);
  if (parsed.success) return parsed.data;
  throw notFound(route.notFound ?? 'not_found', 'There is nothing by this id');
}

async function readRouteBody(route: Route, request: Request): Promise<unknown> {
  const { body: schema, bodyOptional, upload } = route.request ?? {};
  if (upload || !schema) return undefined;
  if (!hasBody(request)) {
    if (bodyOptional) return validate(schema, {});
    throw new DomainError('unreadable', 'json_invalid', 'The request has no body; this operation needs one');
  }
  return validate(schema, await readJson(request, Math.max(1, exchangeOf(request).deadlineAt - Date.now())));
}

function arrayNames(query: z.ZodObject | undefined): ReadonlySet<string> {
  const names = Object.entries(query?.shape ?? {}).filter(([, schema]) => isArray(schema as z.ZodType));
  return new Set(names.map(([name]) => name));
}

function isArray(schema: z.ZodType): boolean {
  return (
    schema.safeParse([]).success ||
    (schema.def.type === 'optional' && isArray((schema as z.ZodOptional).unwrap() as z.ZodType))
  );
}

function refuseMethod(routes: readonly Route[]): RequestHandler {
  const methods = new Set(
    routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])),
  );
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (request, response) => {
    exchangeOf(request).route = `/api/v1${routes[0]?.path}`;
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { Allow: allow }).end();
      return;
    }
    throw new HttpError('method_not_allowed', `Allowed here: ${allow}`, { Allow: allow });
  };
}
