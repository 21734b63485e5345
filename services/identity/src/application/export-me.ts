import { type CallerContext, toJson } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import { enterTenant } from '../store/enter-tenant.ts';
import { exportApiKeys, exportedMax, exportPerson } from '../store/export-person.ts';
import { tenantsOfPerson } from '../store/tenants-of-person.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { lockPerson } from './lock-person.ts';
import { recordSecurity } from './security-log.ts';

/**
 * All that identity keeps of the caller, as plain JSON: instants are ISO 8601. Of sessions, entries of security logs,
 * invitations and API keys the newest thousand each; `truncated` names the lists of which there is more. Leaves
 * person.exported in the security log of each of their tenants.
 */
export function createExportMe({ database, clock }: IdentityDependencies) {
  return (context: CallerContext): Promise<Record<string, unknown>> =>
    database.withGlobal(async (session) => {
      const { user } = await lockPerson(session, context.actor.id);
      const at = clock();
      const kept = await exportPerson(session, { userId: user.id, emailKey: emailKey(user.email) });
      const tenants = await tenantsOfPerson(session, user.id);
      const apiKeys: object[] = [];
      for (const { tenantId } of tenants) {
        if (apiKeys.length >= exportedMax) break;
        apiKeys.push(...(await enterTenant(session, tenantId, () => exportApiKeys(session, tenantId, user.id))));
      }
      const lists = {
        sessions: kept.sessions,
        security_events: kept.securityEvents,
        invitations: kept.invitations,
        api_keys: apiKeys.slice(0, exportedMax),
      };
      const exported = {
        exported_at: at,
        profile: kept.profile,
        memberships: tenants.map(({ tenantId, name, subdomain, role, joinedAt }) => ({
          tenant_id: tenantId,
          tenant_name: name,
          subdomain,
          role,
          joined_at: joinedAt,
        })),
        ...lists,
        truncated: Object.entries(lists)
          .filter(([, rows]) => rows.length >= exportedMax)
          .map(([name]) => name),
      };
      const ids = tenants.map(({ tenantId }) => tenantId);
      await recordSecurity(session, context, ids, { kind: 'person.exported', userId: user.id, at });
      return JSON.parse(toJson(exported) ?? '{}') as Record<string, unknown>;
    });
}
