import {
  assertAllowed,
  type CallerContext,
  DomainError,
  hashRequest,
  invalid,
  type Logger,
  notFound,
  runInCallScope,
} from '@outlay/platform';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { Services } from '../services.ts';
import type { Admission, Release } from './admission.ts';
import type { Arrivals } from './arrivals.ts';
import type { ResponseCheck } from './check-answer.ts';
import { type Route, takesIdempotencyKey } from './define-route.ts';
import type { Departures } from './departures.ts';
import { exchangeOf } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { type CallerChecks, identifyCaller, partyOf, personOf } from './identify-caller.ts';
import { readIfMatch } from './if-match.ts';
import { type Pace, watchPace } from './pace.ts';
import { hasBody, parseJson, readJsonBytes } from './read-json.ts';
import { readQuery } from './read-query.ts';
import { sendAnswer } from './send-answer.ts';
import { sendParts } from './send-parts.ts';
import { tellOfDoubt } from './unknown-outcome.ts';
import { validate } from './validate.ts';

/** What the checks before a handler need. */
export interface RouteEnvironment extends CallerChecks {
  services: Services;
  admission: Admission;
  /** The bodies on their way in, and files, which have a lane of their own. */
  arrivals: { bodies: Arrivals; uploads: Arrivals };
  uploadPace: Pace;
  /** The answers in parts on their way out, which have one too. */
  departures: Departures;
  departurePace: Pace;
  closeSession: (sessionId: string) => void;
  validateResponses: ResponseCheck;
  logger: Logger;
}

/** Puts the declared routes into a router; other methods on their paths are 405. */
export function mountRoutes(routes: readonly Route[], environment: RouteEnvironment): Router {
  const router = Router({ caseSensitive: true });
  // `/members/leave` is not the member of that id: what stands there literally comes first.
  const paths = [...Map.groupBy(routes, (route) => route.path)].toSorted(
    ([left], [right]) => Number(left.includes('{')) - Number(right.includes('{')),
  );
  for (const [path, onPath] of paths) {
    const place = router.route(path.replace(/\{(\w+)\}/g, ':$1'));
    for (const route of onPath) place[route.method](toHandler(route, environment));
    place.all(refuseMethod(onPath));
  }
  return router;
}

/**
 * The way of every request: who calls, how often, for which tenant, may they, is it whole, is it their turn, is it valid;
 * then the handler, and the answer. A place among those of the tenant is taken when all of the body is here: how long that
 * takes is up to its sender. All that can be known beforehand is worked out once, here.
 */
function toHandler(route: Route, environment: RouteEnvironment): RequestHandler {
  const { services, tenants, admission, arrivals, uploadPace, departures, departurePace, validateResponses, logger } =
    environment;
  const template = `/api/v1${route.path}`;
  const takesKey = takesIdempotencyKey(route);
  const repeatable = arrayNames(route.request?.query);
  const isUpload = route.request?.upload !== undefined;

  /** What is asked, but for the body. */
  function readHead(request: Request, context: CallerContext) {
    assertAllowed(context, route.access);
    if (takesKey) context.idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
    const ifMatch = readIfMatchOf(route, request);
    const params = readParams(route, request);
    const query = validate(route.request?.query ?? noQuery, readQuery(request.originalUrl, repeatable));
    return { ifMatch, params, query };
  }

  async function call(
    request: Request,
    response: Response,
    given: { context: CallerContext; head: ReturnType<typeof readHead>; body: unknown },
  ): Promise<void> {
    const { context, head, body } = given;
    const { params, ifMatch } = head;
    if (context.idempotencyKey !== undefined && body !== undefined) {
      // The operation, as PUT and PATCH may be one call to a service; parsed, as one path can be written in several ways.
      const asked = { operation: route.operationId, params, body, ifMatch: String(ifMatch) };
      context.requestDigest = hashRequest(asked).toString('hex');
    }
    const answering = route.handle({
      ...head,
      context,
      body,
      services,
      clientAddress: request.ip ?? '',
      request,
      selectedTenant: () => tenants.selected(request),
      tenantOf: (id) => tenants.byId(id, context.requestId),
      rememberTenant: tenants.remember,
      closeSession: environment.closeSession,
    });
    const answer = await answering.catch((error: unknown) => {
      throw tellOfDoubt(route, context, error);
    });
    const { status, parts } = answer;
    if (parts) await sendParts(request, response, { route, status, parts, pace: departurePace });
    else sendAnswer(request, response, { route, answer, check: validateResponses, logger });
  }

  return async (request, response) => {
    const exchange = exchangeOf(request);
    exchange.route = template;
    if (route.deadlineMs !== undefined) exchange.deadlineAt = Date.now() + route.deadlineMs;
    const context = await identifyCaller(route, request, response, environment);
    const sender = { party: partyOf(request, context), person: personOf(request, context) };
    const scope = { tenantId: context.tenantId, deadlineAt: exchange.deadlineAt };
    await runInCallScope(scope, async () => {
      const head = readHead(request, context);
      if (isUpload) {
        await during(arrivals.uploads.enter(sender), () =>
          inPace(request, uploadPace, () => call(request, response, { context, head, body: undefined })),
        );
        return;
      }
      if (route.isInParts) {
        await during(departures.enter(sender), () => call(request, response, { context, head, body: undefined }));
        return;
      }
      const bytes = await receiveBody(route, request, () => arrivals.bodies.enter(sender));
      const turn = admission.enter(sender.party, response, exchange.deadlineAt);
      await during(turn instanceof Promise ? await turn : turn, () =>
        call(request, response, { context, head, body: readRouteBody(route, bytes) }),
      );
    });
  };
}

async function during(release: Release, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    release();
  }
}

/** Ends what is done with a body that comes too slowly, the calls to services included, and throws `request_timeout`. */
async function inPace(request: Request, pace: Pace, work: () => Promise<void>): Promise<void> {
  const ended = new AbortController();
  const watch = watchPace(request, pace);
  try {
    await Promise.race([runInCallScope({ signal: ended.signal }, work), watch.tooSlow]);
  } catch (error) {
    ended.abort(error);
    throw error;
  } finally {
    watch.stop();
  }
}

/** What is not looked at must not seem to be: a client that sends a condition relies on it. */
function readIfMatchOf(route: Route, request: Request): bigint | undefined {
  const header = request.headers['if-match'];
  if (route.ifMatch) return readIfMatch(header);
  if (header !== undefined && route.method !== 'get') {
    throw invalid('If-Match', 'not_supported', 'is not looked at by this operation');
  }
  return undefined;
}

const noQuery = z.strictObject({});

/** An id that cannot be one names nothing: 404, as for one that does not exist. */
function readParams(route: Route, request: Request): unknown {
  const schema = route.request?.params;
  if (!schema) return undefined;
  const parsed = schema.safeParse(request.params);
  if (parsed.success) return parsed.data;
  throw notFound(route.notFound ?? 'not_found', 'There is nothing by this id');
}

/** All of the body of a write as it was sent; it counts as on its way until it is here. Reads have none that means anything. */
async function receiveBody(route: Route, request: Request, enter: () => Release): Promise<Buffer | undefined> {
  if (route.method === 'get' || !hasBody(request)) return undefined;
  const { body, bodyOptional, bodyMaxBytes: maxBytes } = route.request ?? {};
  const release = enter();
  try {
    const timeoutMs = Math.max(1, exchangeOf(request).deadlineAt - Date.now());
    return await readJsonBytes(request, { timeoutMs, maxBytes, isNeeded: body !== undefined && !bodyOptional });
  } finally {
    release();
  }
}

const noBody = z.strictObject({});

/** What is said where nothing is listened to must not seem to count: a body that is not taken has no members. */
function readRouteBody(route: Route, bytes: Buffer | undefined): unknown {
  const { body: schema, bodyOptional } = route.request ?? {};
  if (!schema) {
    if (bytes) validate(noBody, parseJson(bytes));
    return undefined;
  }
  if (bytes) return validate(schema, parseJson(bytes));
  if (bodyOptional) return validate(schema, {});
  throw new DomainError('unreadable', 'json_invalid', 'The request has no body; this operation needs one');
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
      response.writeHead(204, { Allow: allow, 'Cache-Control': 'no-store' }).end();
      return;
    }
    throw new HttpError('method_not_allowed', `Allowed here: ${allow}`, { Allow: allow });
  };
}
