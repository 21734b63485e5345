import { type CallerContext, clientNetwork } from '@outlay/platform';
import type { Request, Response } from 'express';
import type { RevokedSessions } from '../sessions/revoked-sessions.ts';
import { anonymousCaller, authenticate, type Proofs } from './authenticate.ts';
import { assertWithin, countRequest, type RateLimits, type Subjects } from './count-request.ts';
import { isPublic, type Route } from './define-route.ts';
import { exchangeOf } from './exchange.ts';
import type { Tenants } from './select-tenant.ts';

/** What it takes to know who calls. */
export interface CallerChecks extends Proofs {
  tenants: Tenants;
  limits: RateLimits;
}

/** Who calls, counted, and held against the tenant that the request names. */
export async function identifyCaller(
  route: Route,
  request: Request,
  response: Response,
  { tenants, limits, ...proofs }: CallerChecks,
): Promise<CallerContext> {
  if (isPublic(route)) {
    countRequest(limits, addressOf(request), response);
    return anonymousCaller(request);
  }
  const attempts = keyAttemptsOf(request, response, limits);
  const context = await authenticate(request, proofsFor(route, request, proofs), attempts).catch((error: unknown) => {
    // Whoever tries tokens is counted by address: there is no caller to count.
    attempts.count();
    throw error;
  });
  noteCaller(request, context);
  countRequest(limits, subjectsOf(context), response);
  await tenants.assertSelected(request, context.tenantId);
  return context;
}

/** Keys that nobody knows, by where they come from: looked at before identity is asked, and counted where it refuses. */
function keyAttemptsOf(request: Request, response: Response, limits: RateLimits) {
  const address = addressOf(request);
  const network = clientNetwork(request.ip ?? '');
  const withKeys: Subjects = [...address, ['refused_key', network]];
  let counted: Subjects | undefined = address;
  return {
    assertAllowed() {
      // What is refused here counts for nobody.
      counted = undefined;
      assertWithin(limits, withKeys, response);
      counted = address;
    },
    recordFailure() {
      counted = withKeys;
    },
    count() {
      if (counted) countRequest(limits, counted, response);
    },
  };
}

/** Identity says whether there is an answer to be given again, and refuses everything else in a closed session. */
function proofsFor<P extends { revoked: RevokedSessions }>(route: Route, request: Request, proofs: P): P {
  const mayBeReplay = route.replaysInClosedSession && request.headers['idempotency-key'] !== undefined;
  return mayBeReplay ? { ...proofs, revoked: { ...proofs.revoked, has: () => false } } : proofs;
}

/** Those whose requests are worked on side by side: a tenant's, a tenantless person's, or an address's. */
export function partyOf(request: Request, { tenantId, actor }: CallerContext): string {
  return tenantId ?? (actor.id || clientNetwork(request.ip ?? ''));
}

/** The one of the party who sent it: a person, an API key, an address. */
export function personOf(request: Request, { actor }: CallerContext): string {
  return actor.id || clientNetwork(request.ip ?? '');
}

/** For whom a request counts that nobody answers for. */
export function addressOf(request: Request): Subjects {
  return [['address', clientNetwork(request.ip ?? '')]];
}

/** For whom the request of a known caller counts. */
export function subjectsOf({ tenantId, actor }: Pick<CallerContext, 'tenantId' | 'actor'>): Subjects {
  const own = [actor.kind === 'api_key' ? 'key' : 'user', actor.id] as const;
  return tenantId === undefined ? [own] : [['tenant', tenantId], own];
}

function noteCaller(request: Request, { actor, tenantId }: CallerContext): void {
  Object.assign(exchangeOf(request), { actorKind: actor.kind, actorId: actor.id, tenantId });
}
