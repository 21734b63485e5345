import { type CallerContext, invalid, isUuid } from '@outlay/platform';
import type { Tenant } from '../domain/tenant.ts';
import { listTenants } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

export interface TenantPage {
  tenants: Tenant[];
  /** Undefined on the last page. */
  nextCursor: string | undefined;
}

/** All tenants of the platform, newest first, a page at a time. Throws invalid for a cursor that is none of ours. */
export function createListTenants({ database }: TenancyDependencies) {
  return async (_context: CallerContext, page: { limit: number; cursor: string }): Promise<TenantPage> => {
    const after = page.cursor === '' ? undefined : fromCursor(page.cursor);
    const found = await database.withSystem(({ prisma }) => listTenants(prisma, after, page.limit + 1), {
      readOnly: true,
    });
    const tenants = found.slice(0, page.limit);
    const last = tenants.at(-1);
    return { tenants, nextCursor: found.length > page.limit && last ? toCursor(last.id) : undefined };
  };
}

function toCursor(tenantId: string): string {
  return Buffer.from(tenantId).toString('base64url');
}

function fromCursor(cursor: string): string {
  const tenantId = Buffer.from(cursor, 'base64url').toString();
  if (!isUuid(tenantId)) throw invalid('cursor', 'cursor_invalid', 'must come from the page before');
  return tenantId;
}
