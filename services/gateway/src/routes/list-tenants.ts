import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { renderTenant, tenantExample, tenantPage } from '../schemas/tenant.ts';

/** One operation at two addresses. */
export const listTenants = listTenantsAt('listTenants', '/tenants');
export const listTenantsForAdmin = listTenantsAt('listTenantsForAdmin', '/admin/tenants');

function listTenantsAt(operationId: string, path: string) {
  return defineRoute({
    operationId,
    method: 'get',
    path,
    summary: `List all tenants, newest first (${path})`,
    description: 'Every tenant of the platform, with its settings and plan.',
    tags: ['Platform'],
    access: access.tenancy.listTenants,
    request: { query: pageQueryOnly },
    responses: {
      200: {
        description: 'A page of tenants.',
        schema: tenantPage,
        example: { data: [tenantExample], pagination: paginationExample },
      },
    },
    async handle({ context, query, services }) {
      const { tenants, page } = await services.tenancy.listTenants(context, { page: toPageRequest(query) });
      return {
        status: 200,
        body: { data: tenants.map(renderTenant), pagination: renderPagination(page, query.limit) },
      };
    },
  });
}
