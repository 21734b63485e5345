import { conflict, invalid, notFound, preconditionFailed, recordAudit, type TenantContext } from '@outlay/platform';
import type { ApiKey } from '../domain/api-key.ts';
import { lockApiKey } from '../store/api-keys.ts';
import type { IdentitySession } from '../store/database.ts';
import { assertStill } from './manage-member.ts';
import { recordSecurity, type SecurityFact } from './security-log.ts';

/** Also for a key of another tenant. */
export function apiKeyNotFound(): never {
  throw notFound('api_key_not_found', 'The tenant has no such API key');
}

/**
 * The key that the caller is about to change, which nobody else does until the transaction has ended. Throws forbidden
 * `role_required` where the caller lost their role a moment ago, not_found `api_key_not_found`, precondition_failed
 * `version_mismatch` where it is not as the caller has seen it.
 */
export async function holdApiKey(
  session: IdentitySession,
  context: TenantContext,
  { apiKeyId: id, version, now }: { apiKeyId: string; version: bigint | undefined; now: Date },
): Promise<ApiKey> {
  await assertStill(session, context, ['owner', 'admin']);
  const key = (await lockApiKey(session, context.tenantId, { id, now })) ?? apiKeyNotFound();
  if (version !== undefined && version !== key.version) {
    throw preconditionFailed('version_mismatch', 'The API key has changed since');
  }
  return key;
}

/** Throws conflict `api_key_ended` for a key that was revoked or has expired: there is no way back. */
export function assertWorks(key: ApiKey, now: Date): void {
  if (key.revokedAt || (key.expiresAt && key.expiresAt <= now)) {
    throw conflict('api_key_ended', 'The API key works no more');
  }
}

/** Throws invalid where a key would end before it begins. */
export function assertFuture(expiresAt: Date | undefined, now: Date): void {
  if (expiresAt && expiresAt <= now) throw invalid('expires_at', 'not_in_future', 'must be in the future');
}

/** Writes a change of a key into the audit trail and the security log. */
export async function recordKeyChange(
  session: IdentitySession,
  context: TenantContext,
  change: {
    kind: SecurityFact['kind'] & `api_key.${string}`;
    id: string;
    before?: object;
    after?: object;
    details?: SecurityFact['details'];
    at: Date;
  },
): Promise<void> {
  const { kind, id, before, after, details, at } = change;
  await recordAudit(session, context, { action: kind, entity: 'api_key', entityId: id, before, after });
  await recordSecurity(session, context, [context.tenantId], {
    kind,
    details: { api_key_id: id, ...details },
    at,
  });
}
