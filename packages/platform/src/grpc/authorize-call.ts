import { anonymousContext, type CallerContext } from '../context/caller-context.ts';
import { isUuid, type TenantId, toTenantId } from '../context/ids.ts';
import { DomainError, forbidden, invalid, unauthenticated } from '../errors/domain-error.ts';
import type { TokenClaims } from '../tokens/token-claims.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import type { CallMetadata } from './call-metadata.ts';
import type { AccessRule } from './service-definition.ts';

/** What came with a call, and from where. */
type ReceivedMetadata = CallMetadata & { peerAddress?: string };

/** How long ago a user may have proved who they are where a fresh log-in is needed, in seconds. */
export const freshLoginSeconds = 900;

/**
 * Makes the caller's context from the call's metadata and refuses who may not call: unauthenticated `token_missing`
 * or what the verifier throws, or what assertAllowed throws, forbidden `tenant_mismatch`. A service verifies the token
 * itself, so that a gateway can act for nobody whose token it was not given; as a service it may call what is for it.
 */
export async function authorizeCall(
  metadata: ReceivedMetadata,
  rule: AccessRule,
  verifier: TokenVerifier | undefined,
): Promise<CallerContext> {
  const { idempotencyKey } = metadata;
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw invalid('Idempotency-Key', 'invalid_format', 'must be 1 to 255 visible ASCII characters');
  }
  if (rule.caller === 'public') return { ...anonymousContext(metadata.requestId), ...asSent(metadata) };
  if (!verifier) throw new DomainError('internal', 'no_verifier', 'This server has RPCs that need a token verifier');
  if (metadata.token === undefined) throw unauthenticated('token_missing', 'A token is needed');
  const claims = await verifier.verify(metadata.token);
  const context = toContext(claims, metadata);
  assertAllowed(context, rule);
  return context;
}

/**
 * Refuses who may not call: forbidden `access_denied`, `role_required` or `scope_required`, unauthenticated
 * `fresh_login_required`. The gateway asks the same beforehand, by the same rows.
 */
export function assertAllowed(context: CallerContext, rule: AccessRule): void {
  const { caller, roles, services, scope, freshLogin } = rule;
  const { kind, id } = context.actor;
  const isOtherService = kind === 'service' && services !== undefined && !services.includes(id);
  if (isOtherService || !isCaller(context, caller)) throw forbidden('access_denied', 'The caller may not do this');
  if (kind === 'api_key' && (scope === undefined || !context.scopes.includes(scope))) {
    throw forbidden('scope_required', scope ? `This needs the scope ${scope}` : 'API keys may not do this');
  }
  // Roles are what people and keys have; a service, like a platform admin, was let in for being one.
  const needsRole = kind !== 'service' && !(caller === 'tenant_or_platform_admin' && context.platformAdmin);
  if (roles && needsRole && (context.role === undefined || !roles.includes(context.role))) {
    throw forbidden('role_required', `This needs one of the roles ${roles.join(', ')}`);
  }
  if (freshLogin && kind === 'user' && !isFresh(context)) {
    throw new DomainError('unauthenticated', 'fresh_login_required', 'Prove again who you are, then try again', {
      meta: { max_age_seconds: String(freshLoginSeconds) },
    });
  }
}

function isCaller(context: CallerContext, caller: AccessRule['caller']): boolean {
  const { kind } = context.actor;
  const isUser = kind === 'user';
  const isWithinTenant = (isUser || kind === 'api_key') && context.tenantId !== undefined && context.role !== undefined;
  const isService = kind === 'service';
  const isPlatformAdmin = isUser && context.platformAdmin;
  return {
    public: true,
    user: isUser,
    tenant: isWithinTenant,
    service: isService,
    tenant_or_service: isWithinTenant || (isService && context.tenantId !== undefined),
    platform_admin: isPlatformAdmin,
    tenant_or_platform_admin: (isUser && isWithinTenant) || isPlatformAdmin,
  }[caller];
}

function isFresh({ authTime }: CallerContext): boolean {
  return authTime !== undefined && Date.now() - authTime.getTime() <= freshLoginSeconds * 1000;
}

/** What the caller's context has of the request itself, whoever calls. */
function asSent({ correlationId, idempotencyKey, requestDigest, client, peerAddress }: ReceivedMetadata) {
  return {
    correlationId,
    idempotencyKey,
    requestDigest,
    ...(client && { client }),
    ...(peerAddress && { peerAddress }),
  };
}

function toContext(claims: TokenClaims, metadata: ReceivedMetadata): CallerContext {
  return {
    actor: { kind: claims.kind, id: claims.sub },
    tenantId: tenantOf(claims, metadata.tenantId),
    role: claims.role,
    platformAdmin: claims.kind === 'user' && claims.pad === true,
    scopes: claims.scp ?? [],
    sessionId: claims.sid,
    authTime: new Date(claims.auth_time * 1000),
    requestId: metadata.requestId,
    ...asSent(metadata),
    token: metadata.token,
  };
}

/** A user's tenant is the token's, and a header may only repeat it. A service acts for the tenant it names. */
function tenantOf(claims: TokenClaims, named: string | undefined): TenantId | undefined {
  if (named !== undefined && !isUuid(named)) throw invalid('x-tenant-id', 'invalid_format', 'must be a UUID');
  if (claims.kind === 'service') return named === undefined ? undefined : toTenantId(named);
  if (claims.tid === undefined) return undefined;
  const tenantId = toTenantId(claims.tid);
  if (named !== undefined && toTenantId(named) !== tenantId) {
    throw forbidden('tenant_mismatch', 'The token belongs to another tenant');
  }
  return tenantId;
}
