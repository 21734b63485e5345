import type { IncomingMessage } from 'node:http';
import {
  anonymousContext,
  type CallerContext,
  forbidden,
  type TokenClaims,
  type TokenVerifier,
  toTenantId,
  unauthenticated,
} from '@outlay/platform';
import type { RevokedSessions } from '../sessions/revoked-sessions.ts';
import type { Route } from './define-route.ts';
import { exchangeOf } from './exchange.ts';

/** The caller of an operation that takes no token: any that is sent is not looked at. */
export function anonymousCaller(request: IncomingMessage): CallerContext {
  return anonymousContext(exchangeOf(request).requestId);
}

/** The caller that the bearer token proves. Throws unauthenticated, or unavailable while nothing can be proved. */
export async function authenticate(
  request: IncomingMessage,
  verifier: TokenVerifier,
  revoked: RevokedSessions,
): Promise<CallerContext> {
  const token = readBearer(request.headers.authorization);
  const claims = await verifier.verify(token);
  // Services call each other directly; their tokens have no business at this door.
  if (claims.kind !== 'user') throw unauthenticated('token_invalid', 'The token is not valid');
  if (revoked.has(claims.sid)) throw unauthenticated('session_revoked', 'The session has been closed');
  return toContext(request, claims, token);
}

/** Whether this caller may use this route at all. The services check again; their word is the last. */
export function assertAllowed(route: Route, context: CallerContext): void {
  if (route.auth === 'platform_admin' && !context.platformAdmin) {
    throw forbidden('access_denied', 'Only the platform admin may do this');
  }
  if (route.auth === 'tenant' && context.tenantId === undefined) {
    throw forbidden('access_denied', 'The token is for no tenant: name one when you log in');
  }
  if (route.roles && (context.role === undefined || !route.roles.includes(context.role))) {
    throw forbidden('role_required', `This needs one of the roles ${route.roles.join(', ')}`);
  }
}

function toContext(request: IncomingMessage, claims: TokenClaims, token: string): CallerContext {
  return {
    actor: { kind: 'user', id: claims.sub },
    tenantId: claims.tid === undefined ? undefined : toTenantId(claims.tid),
    role: claims.role,
    platformAdmin: claims.pad ?? false,
    scopes: claims.scp ?? [],
    sessionId: claims.sid,
    authTime: new Date(claims.auth_time * 1000),
    requestId: exchangeOf(request).requestId,
    token,
  };
}

function readBearer(header: string | undefined): string {
  if (header === undefined) throw unauthenticated('token_missing', 'Send Authorization: Bearer <access token>');
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1];
  if (token === undefined) throw unauthenticated('token_invalid', 'The Authorization header holds no bearer token');
  return token;
}
