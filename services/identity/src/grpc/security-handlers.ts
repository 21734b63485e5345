import { parseInput, parsePage, toPage } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityHandlers } from './identity-handlers.ts';
import { positionSchema, securityEventFilterSchema, tenantSecuritySchema } from './sign-in-schemas.ts';

type Rpc = 'getTenantSecurity' | 'updateTenantSecurity' | 'listSecurityEvents';

/** How a tenant's people sign in, and what has touched their safety. */
export function securityHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    getTenantSecurity: async (context) => ({ security: await identity.getTenantSecurity(context) }),

    async updateTenantSecurity(context, request) {
      const { session_hours: sessionHours } = parseInput(tenantSecuritySchema, {
        session_hours: request.sessionHours,
      });
      const { answer, replayed } = await identity.updateTenantSecurity(context, {
        sessionHours,
        version: request.version,
      });
      return { security: answer, replayed };
    },

    async listSecurityEvents(context, request) {
      const { limit, after } = parsePage(request.page, positionSchema);
      const filter = parseInput(securityEventFilterSchema, { kind: request.kind, user_id: request.userId });
      const found = await identity.listSecurityEvents(context, {
        kind: filter.kind,
        userId: filter.user_id,
        from: request.from,
        to: request.to,
        after,
        count: limit + 1,
      });
      const { entries, page } = toPage(found, limit, (last) => [last.recordedAt.getTime(), last.id]);
      return { events: entries, page };
    },
  };
}
