import { anonymousContext, type CallerContext, type Role } from '../context/caller-context.ts';
import { isUuid, type TenantId, toTenantId } from '../context/ids.ts';
import { DomainError, forbidden, invalid, unauthenticated } from '../errors/domain-error.ts';
import type { TokenClaims } from '../tokens/token-claims.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import type { CallMetadata } from './call-metadata.ts';
import type { Access } from './service-definition.ts';

/** What an RPC demands of its caller. */
export interface Requirement {
  access: Access;
  roles?: readonly Role[] | undefined;
}

/**
 * Makes the caller's context from the call's metadata and refuses who may not call: unauthenticated `token_missing`
 * or what the verifier throws, forbidden `access_denied`, `role_required` or `tenant_mismatch`. A service verifies
 * the token itself, so that nothing is won by getting hold of the gateway.
 */
export async function authorizeCall(
  metadata: CallMetadata,
  requirement: Requirement,
  verifier: TokenVerifier | undefined,
): Promise<CallerContext> {
  const { idempotencyKey } = metadata;
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw invalid('Idempotency-Key', 'invalid_format', 'must be 1 to 255 visible ASCII characters');
  }
  if (requirement.access === 'public') return { ...anonymousContext(metadata.requestId), idempotencyKey };
  if (!verifier) throw new DomainError('internal', 'no_verifier', 'This server has RPCs that need a token verifier');
  if (metadata.token === undefined) throw unauthenticated('token_missing', 'A token is needed');
  const claims = await verifier.verify(metadata.token);
  const context = toContext(claims, metadata);
  assertAllowed(context, claims, requirement);
  return context;
}

function toContext(claims: TokenClaims, metadata: CallMetadata): CallerContext {
  return {
    actor: { kind: claims.kind, id: claims.sub },
    tenantId: tenantOf(claims, metadata.tenantId),
    role: claims.role,
    platformAdmin: claims.kind === 'user' && claims.pad === true,
    scopes: claims.scp ?? [],
    sessionId: claims.sid,
    authTime: new Date(claims.auth_time * 1000),
    requestId: metadata.requestId,
    idempotencyKey: metadata.idempotencyKey,
    requestDigest: metadata.requestDigest,
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

function assertAllowed(context: CallerContext, claims: TokenClaims, { access, roles }: Requirement): void {
  const isWithinTenant = claims.kind === 'user' && context.tenantId !== undefined && context.role !== undefined;
  const isService = claims.kind === 'service';
  const isAllowed = {
    public: true,
    user: claims.kind === 'user',
    tenant: isWithinTenant,
    service: isService,
    tenant_or_service: isWithinTenant || (isService && context.tenantId !== undefined),
    platform_admin: context.platformAdmin,
  }[access];
  if (!isAllowed) throw forbidden('access_denied', 'The caller may not do this');
  // Roles are what users have; a service was let in for being one.
  if (roles && !isService && (context.role === undefined || !roles.includes(context.role))) {
    throw forbidden('role_required', `This needs one of the roles ${roles.join(', ')}`);
  }
}
