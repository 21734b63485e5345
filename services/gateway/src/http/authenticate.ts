import {
  anonymousContext,
  type CallerContext,
  type TokenClaims,
  type TokenVerifier,
  toTenantId,
  unauthenticated,
} from '@outlay/platform';
import type { Request } from 'express';
import { type ApiKeyTokens, isApiKey, type KeyAttempts } from '../sessions/api-key-tokens.ts';
import type { RevokedSessions } from '../sessions/revoked-sessions.ts';
import { exchangeOf } from './exchange.ts';

/** The caller of an operation that takes no token: any that is sent is not looked at. */
export function anonymousCaller(request: Request): CallerContext {
  const { requestId, correlationId } = exchangeOf(request);
  return { ...anonymousContext(requestId), correlationId, client: clientOf(request) };
}

/** What it takes to prove a caller. */
export interface Proofs {
  verifier: TokenVerifier;
  revoked: RevokedSessions;
  apiKeys: ApiKeyTokens;
}

/**
 * The caller that the bearer token, or the API key in its place, proves. Throws unauthenticated, or unavailable while
 * nothing can be proved.
 */
export async function authenticate(request: Request, proofs: Proofs, attempts: KeyAttempts): Promise<CallerContext> {
  const bearer = readBearer(request.headers.authorization);
  return isApiKey(bearer)
    ? authenticateKey(request, proofs, { secret: bearer, attempts })
    : authenticateUser(request, proofs, bearer);
}

async function authenticateUser(
  request: Request,
  { verifier, revoked }: Proofs,
  token: string,
): Promise<CallerContext> {
  const claims = await verifier.verify(token);
  // Services call each other directly, and keys are exchanged here; their tokens have no business at this door.
  if (claims.kind !== 'user') throw unauthenticated('token_invalid', 'The token is not valid');
  if (revoked.has(claims.sid)) throw unauthenticated('session_revoked', 'The session has been closed');
  return toContext(request, claims, token);
}

/** The token that a key was exchanged for goes on to services in the place of the key. */
async function authenticateKey(
  request: Request,
  { verifier, revoked, apiKeys }: Proofs,
  { secret, attempts }: { secret: string; attempts: KeyAttempts },
): Promise<CallerContext> {
  const token = await apiKeys.tokenOf(secret, anonymousCaller(request), attempts);
  const claims = await verifier.verify(token);
  if (claims.kind !== 'api_key' || revoked.has(claims.sid)) {
    throw unauthenticated('api_key_invalid', 'The API key is not valid');
  }
  return toContext(request, claims, token);
}

function toContext(request: Request, claims: TokenClaims, token: string): CallerContext {
  const { requestId, correlationId } = exchangeOf(request);
  return {
    actor: { kind: claims.kind, id: claims.sub },
    tenantId: claims.tid === undefined ? undefined : toTenantId(claims.tid),
    role: claims.role,
    platformAdmin: claims.pad ?? false,
    scopes: claims.scp ?? [],
    sessionId: claims.sid,
    authTime: new Date(claims.auth_time * 1000),
    requestId,
    correlationId,
    client: clientOf(request),
    token,
  };
}

/** What the security log says of where a request came from. */
function clientOf(request: Request): CallerContext['client'] {
  return { address: request.ip ?? '', userAgent: request.headers['user-agent'] ?? '' };
}

function readBearer(header: string | undefined): string {
  if (header === undefined)
    throw unauthenticated('token_missing', 'Send Authorization: Bearer <access token or API key>');
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1];
  if (token === undefined) throw unauthenticated('token_invalid', 'The Authorization header holds no bearer token');
  return token;
}
