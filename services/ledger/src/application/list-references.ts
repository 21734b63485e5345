import type { ledger } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import type { LedgerDependencies } from './dependencies.ts';

/** Part of a list that is ordered by name: what comes after this name and id. */
export interface NamedPage {
  after: { name: string; id: string } | undefined;
  limit: number;
}

export interface Page<T> {
  items: T[];
  hasMore: boolean;
}

/** A tenant's categories by name. */
export const listCategories = (
  { database }: LedgerDependencies,
  context: TenantContext,
  page: NamedPage,
): Promise<Page<ledger.Category>> =>
  database.withTenant(
    context,
    async ({ prisma }) => toPage(await prisma.category.findMany(pageQuery(context, page)), page),
    { readOnly: true },
  );

/** A tenant's accounts by name. */
export const listAccounts = (
  { database }: LedgerDependencies,
  context: TenantContext,
  page: NamedPage,
): Promise<Page<ledger.Account>> =>
  database.withTenant(
    context,
    async ({ prisma }) => toPage(await prisma.account.findMany(pageQuery(context, page)), page),
    { readOnly: true },
  );

/** A tenant's projects by name. */
export const listProjects = (
  { database }: LedgerDependencies,
  context: TenantContext,
  page: NamedPage,
): Promise<Page<ledger.Project>> =>
  database.withTenant(
    context,
    async ({ prisma }) => toPage(await prisma.project.findMany(pageQuery(context, page)), page),
    { readOnly: true },
  );

/** One more than wanted, to know whether there is more. The first bound on the name lets the index begin there. */
const pageQuery = ({ tenantId }: TenantContext, { after, limit }: NamedPage) => ({
  where: {
    tenantId,
    ...(after && {
      name: { gte: after.name },
      OR: [{ name: { gt: after.name } }, { id: { gt: after.id } }],
    }),
  },
  orderBy: [{ name: 'asc' as const }, { id: 'asc' as const }],
  take: limit + 1,
});

const toPage = <T>(found: readonly T[], { limit }: NamedPage): Page<T> => ({
  items: found.slice(0, limit),
  hasMore: found.length > limit,
});
