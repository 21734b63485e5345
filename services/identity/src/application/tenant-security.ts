import { notFound, preconditionFailed, recordAudit, type TenantContext } from '@outlay/platform';
import { findTenantSecurity, type TenantSecurity, updateTenantSecurity } from '../store/tenant-security.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertStill } from './manage-member.ts';
import { once } from './once.ts';
import { recordSecurity } from './security-log.ts';
import type { Replayable } from './session-tokens.ts';

export interface UpdateTenantSecurity {
  /** One of sessionHoursChoices; undefined leaves it as it is. */
  sessionHours: number | undefined;
  /** The version that the caller has seen; undefined: any. */
  version: bigint | undefined;
}

/** How the people of the caller's tenant sign in. */
export function createGetTenantSecurity({ database }: Pick<IdentityDependencies, 'database'>) {
  return async (context: TenantContext): Promise<TenantSecurity> => {
    const security = await database.withTenant(context, (session) => findTenantSecurity(session, context.tenantId), {
      readOnly: true,
    });
    if (!security) throw unknown();
    return security;
  };
}

/**
 * Changes how the people of the tenant sign in; open sessions follow. Leaves security.updated in the security log where
 * something changed. Throws forbidden `role_required`, precondition_failed `version_mismatch`. Honours the idempotency key.
 */
export function createUpdateTenantSecurity({
  database,
  secrets,
  clock,
}: Pick<IdentityDependencies, 'database' | 'secrets' | 'clock'>) {
  return async (context: TenantContext, command: UpdateTenantSecurity): Promise<Replayable<TenantSecurity>> => {
    const { tenantId } = context;
    const request = { sessionHours: command.sessionHours, version: String(command.version) };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, { operation: 'UpdateTenantSecurity', request }, async () => {
        const before = await findTenantSecurity(session, tenantId, { forUpdate: true });
        if (!before) throw unknown();
        await assertStill(session, context, ['owner', 'admin']);
        if (command.version !== undefined && command.version !== before.version) {
          throw preconditionFailed('version_mismatch', 'It has changed since you read it');
        }
        const sessionHours = command.sessionHours ?? before.sessionHours;
        if (sessionHours === before.sessionHours) return { sessionHours, version: String(before.version) };
        const version = await updateTenantSecurity(session, { tenantId, sessionHours });
        await recordAudit(session, context, {
          action: 'security.updated',
          entity: 'tenant',
          entityId: tenantId,
          before: { session_hours: before.sessionHours },
          after: { session_hours: sessionHours },
        });
        await recordSecurity(session, context, [tenantId], {
          kind: 'security.updated',
          details: { session_hours: sessionHours, previous_session_hours: before.sessionHours },
          at: clock(),
        });
        return { sessionHours, version: String(version) };
      }),
    );
    return { answer: { ...answer, version: BigInt(answer.version) }, replayed };
  };
}

function unknown() {
  return notFound('tenant_not_found', 'There is no such tenant');
}
