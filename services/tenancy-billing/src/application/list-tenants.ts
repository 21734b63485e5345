import type { CallerContext } from '@outlay/platform';
import type { Tenant } from '../domain/tenant.ts';
import { listTenants } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** All tenants of the platform, newest first: as many as wanted from behind the tenant with the id `after` on. */
export function createListTenants({ database }: TenancyDependencies) {
  return (_context: CallerContext, query: { after: string | undefined; count: number }): Promise<Tenant[]> =>
    database.withSystem(({ prisma }) => listTenants(prisma, query.after, query.count), { readOnly: true });
}
