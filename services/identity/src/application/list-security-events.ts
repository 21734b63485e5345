import type { TenantContext } from '@outlay/platform';
import { listSecurityEvents, type SecurityEvent, type SecurityEventQuery } from '../store/security-events.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Entries of the tenant's security log, newest first; at most `count`, behind a place in that order. */
export function createListSecurityEvents({ database }: Pick<IdentityDependencies, 'database'>) {
  return (context: TenantContext, query: SecurityEventQuery): Promise<SecurityEvent[]> =>
    database.withTenant(context, (session) => listSecurityEvents(session, context.tenantId, query), { readOnly: true });
}
