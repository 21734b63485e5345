import { reporting } from '@outlay/contracts';
import {
  type CallerContext,
  type Database,
  defineService,
  forbidden,
  invalid,
  isUuid,
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
  neighbours: Pick<Neighbours, 'currencyOf' | 'streamExpenses'>;
}) {
  const { database, rebuildDatabase, neighbours } = parts;
  return defineService(reporting.ReportingServiceService, {
    getMonthSummary: {
      access: 'tenant',
      // A member sees their own expenses alone; the tenant's totals would tell of the others'.
      roles: ['owner', 'admin', 'analyst'],
      handle: (context, request) => getMonthSummary(database, neighbours.currencyOf, context, request),
    },
    rebuildTenant: {
      access: 'user',
      handle: async (context, request) =>
        rebuildTenant(
          { database: rebuildDatabase, streamExpenses: neighbours.streamExpenses },
          tenantToRebuild(context, request.tenantId),
          context.requestId,
        ),
    },
  });
}

/** The platform admin names any tenant; owners and admins rebuild their own, named or not. */
function tenantToRebuild(context: CallerContext, requested: string): TenantId {
  if (requested !== '' && !isUuid(requested)) throw invalid('tenant_id', 'uuid_invalid', 'must be a UUID');
  const named = requested === '' ? undefined : toTenantId(requested);
  const isOwn = named === undefined || named === context.tenantId;
  if (context.platformAdmin && named !== undefined) return named;
  if (context.tenantId && isOwn && (context.role === 'owner' || context.role === 'admin')) return context.tenantId;
  if (context.platformAdmin) throw invalid('tenant_id', 'required', 'must name the tenant to rebuild');
  throw forbidden('role_required', 'This needs the role owner or admin, or the platform admin');
}
