import type { AccountKind, ledger } from '@outlay/contracts';
import type { Session, TenantContext } from '@outlay/platform';
import * as accounts from '../store/accounts.ts';
import * as categories from '../store/categories.ts';
import * as projects from '../store/projects.ts';
import type { NamedPage, Page, ReferenceFilter } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { toShownAccount } from './visibility.ts';

/** Which categories are wanted: those directly beneath one, with `none` those at the top. */
export type CategoryFilter = ReferenceFilter & { parentId: string | undefined };

/** Which accounts are wanted. */
export type AccountFilter = ReferenceFilter & { kind: AccountKind | undefined };

/** A page of a tenant's categories by name, each with its path. */
export const listCategories = (
  dependencies: LedgerDependencies,
  context: TenantContext,
  filter: CategoryFilter,
  page: NamedPage,
): Promise<Page<ledger.Category>> =>
  read(dependencies, context, (session) => categories.listCategories(session, filter, page));

/** A page of a tenant's accounts by name; members see no opening balances. */
export const listAccounts = (
  dependencies: LedgerDependencies,
  context: TenantContext,
  filter: AccountFilter,
  page: NamedPage,
): Promise<Page<ledger.Account>> =>
  read(dependencies, context, async (session) => {
    const { items, hasMore } = await accounts.listAccounts(session, filter, page);
    return { items: items.map((account) => toShownAccount(context, account)), hasMore };
  });

/** A page of a tenant's projects by name; the text is looked for in their codes too. */
export const listProjects = (
  dependencies: LedgerDependencies,
  context: TenantContext,
  filter: ReferenceFilter,
  page: NamedPage,
): Promise<Page<ledger.Project>> =>
  read(dependencies, context, (session) => projects.listProjects(session, filter, page));

const read = <T>(
  { database }: LedgerDependencies,
  context: TenantContext,
  work: (session: Session) => Promise<T>,
): Promise<T> => database.withTenant(context, work, { readOnly: true });
