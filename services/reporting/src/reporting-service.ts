import { reporting } from '@outlay/contracts';
import {
  type CallerContext,
  type Database,
  defineService,
  forbidden,
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
  return defineService(reporting.ReportingServiceService, {
    getMonthSummary: {
      access: 'tenant',
      // A member sees their own expenses alone; the tenant's totals would tell of the others'.
      roles: ['owner', 'admin', 'analyst'],
      handle: (context, request) => getMonthSummary(database, neighbours.currencyOf, context, request),
    },
    rebuildTenant: {
      access: 'user',
      async handle(context, request) {
        const tenantId = tenantToRebuild(context, request.tenantId);
        // A token for a tenant says that it exists; the platform admin may name anything.
        if (tenantId !== context.tenantId) {
          await neighbours.requireTenant(systemContext(tenantId, context.requestId, 'reporting'));
        }
        return rebuildTenant(
          { database: rebuildDatabase, streamExpenses: neighbours.streamExpenses },
          tenantId,
          context.requestId,
        );
      },
    },
  });
}

/** The platform admin names any tenant; owners and admins rebuild their own, named or not, and find no other. */
function tenantToRebuild(context: CallerContext, requested: string): TenantId {
  if (requested !== '' && !isUuid(requested)) throw invalid('tenant_id', 'uuid_invalid', 'must be a UUID');
  const named = requested === '' ? undefined : toTenantId(requested);
  if (context.platformAdmin && named !== undefined) return named;
  if (context.tenantId && (context.role === 'owner' || context.role === 'admin')) {
    if (named === undefined || named === context.tenantId) return context.tenantId;
    throw notFound('tenant_not_found', 'The tenant does not exist');
  }
  if (context.platformAdmin) throw invalid('tenant_id', 'required', 'must name the tenant to rebuild');
  throw forbidden('role_required', 'This needs the role owner or admin, or the platform admin');
}
