import { access, reporting } from '@outlay/contracts';
import {
  type CallerContext,
  type Database,
  defineService,
  invalid,
  isUuid,
  notFound,
  systemContext,
  type TenantId,
  toTenantId,
} from '@outlay/platform';
import { getMonthSummary } from './get-month-summary.ts';
import type { Neighbours } from './neighbours.ts';
import { rebuildTenant } from './rebuild-tenant.ts';

/** The RPCs of reporting. Rebuilding has a database of its own: its statements may take long and must not crowd out reads. */
export function reportingService(parts: {
  database: Database;
  rebuildDatabase: Database;
  neighbours: Pick<Neighbours, 'currencyOf' | 'streamExpenses' | 'requireTenant'>;
}) {
  const { database, rebuildDatabase, neighbours } = parts;
  return defineService(reporting.ReportingServiceService, access.reporting, {
    getMonthSummary: (context, request) => getMonthSummary(database, neighbours.currencyOf, context, request),
    async rebuildTenant(context, request) {
      const tenantId = tenantToRebuild(context, request.tenantId);
      // A token for a tenant says that it exists; the platform admin may name anything.
      if (tenantId !== context.tenantId) {
        const { requestId, correlationId } = context;
        await neighbours.requireTenant({ ...systemContext(tenantId, requestId, 'reporting'), correlationId });
      }
      return rebuildTenant(
        { database: rebuildDatabase, streamExpenses: neighbours.streamExpenses },
        { ...context, tenantId },
      );
    },
  });
}

/** The platform admin names any tenant; owners and admins rebuild their own, named or not, and find no other. */
function tenantToRebuild(context: CallerContext, requested: string): TenantId {
  if (requested !== '' && !isUuid(requested)) throw invalid('tenant_id', 'uuid_invalid', 'must be a UUID');
  const named = requested === '' ? undefined : toTenantId(requested);
  if (context.platformAdmin && named !== undefined) return named;
  if (context.tenantId === undefined) throw invalid('tenant_id', 'required', 'must name the tenant to rebuild');
  if (named === undefined || named === context.tenantId) return context.tenantId;
  throw notFound('tenant_not_found', 'The tenant does not exist');
}
