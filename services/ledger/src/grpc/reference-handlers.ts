import type { access, ledger } from '@outlay/contracts';
import { parseInput, parsePage, type ServiceHandlers, toPageInfo } from '@outlay/platform';
import { z } from 'zod';
import type { Ledger } from '../application/ledger.ts';
import { id, optional, storedName, text } from './fields.ts';
import {
  parseAccountFilter,
  parseAccountUpdate,
  parseCategoryFilter,
  parseCategoryUpdate,
  parseId,
  parseNewAccount,
  parseNewCategory,
  parseNewProject,
  parseProjectUpdate,
  parseReferenceFilter,
} from './parse-reference.ts';

type Handlers = ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>;
type Verb = 'create' | 'get' | 'update' | 'delete';
export type ReferenceRpc =
  | `${Verb}${'Category' | 'Account' | 'Project'}`
  | `list${'Categories' | 'Accounts' | 'Projects' | 'Tags'}`;

/** The RPCs of what expenses refer to. */
export const referenceHandlers = (books: Ledger): Pick<Handlers, ReferenceRpc> => ({
  createCategory: async (context, request) => books.createCategory(context, parseNewCategory(request)),
  getCategory: async (context, request) => ({
    category: await books.getCategory(context, parseId('category_id', request.categoryId)),
  }),
  listCategories: async (context, request) => {
    const page = parsePage(request.page, namePosition);
    const { items, hasMore } = await books.listCategories(context, parseCategoryFilter(request), page);
    return { categories: items, page: toPageInfo(page.limit, hasMore, toNamePosition(items.at(-1))) };
  },
  updateCategory: async (context, request) => books.updateCategory(context, parseCategoryUpdate(request)),
  deleteCategory: async (context, { categoryId, version }) =>
    books.deleteCategory(context, { categoryId: parseId('category_id', categoryId), version }),

  createAccount: async (context, request) => books.createAccount(context, parseNewAccount(request)),
  getAccount: async (context, request) => ({
    account: await books.getAccount(context, parseId('account_id', request.accountId)),
  }),
  listAccounts: async (context, request) => {
    const page = parsePage(request.page, namePosition);
    const { items, hasMore } = await books.listAccounts(context, parseAccountFilter(request), page);
    return { accounts: items, page: toPageInfo(page.limit, hasMore, toNamePosition(items.at(-1))) };
  },
  updateAccount: async (context, request) => books.updateAccount(context, parseAccountUpdate(request)),
  deleteAccount: async (context, { accountId, version }) =>
    books.deleteAccount(context, { accountId: parseId('account_id', accountId), version }),

  createProject: async (context, request) => books.createProject(context, parseNewProject(request)),
  getProject: async (context, request) => ({
    project: await books.getProject(context, parseId('project_id', request.projectId)),
  }),
  listProjects: async (context, request) => {
    const page = parsePage(request.page, namePosition);
    const { items, hasMore } = await books.listProjects(context, parseReferenceFilter(request), page);
    return { projects: items, page: toPageInfo(page.limit, hasMore, toNamePosition(items.at(-1))) };
  },
  updateProject: async (context, request) => books.updateProject(context, parseProjectUpdate(request)),
  deleteProject: async (context, { projectId, version }) =>
    books.deleteProject(context, { projectId: parseId('project_id', projectId), version }),

  listTags: async (context, request) => {
    const { limit, after } = parsePage(request.page, tagPosition);
    const { prefix } = parseInput(z.object({ prefix: optional(text(50)) }), request);
    const { items, hasMore } = await books.listTags(context, { prefix, after: after?.name, limit });
    const last = items.at(-1);
    return { tags: items, page: toPageInfo(limit, hasMore, last && { name: last.name }) };
  },
});

const namePosition = z.strictObject({ name: storedName, id });

const tagPosition = z.strictObject({ name: storedName });

const toNamePosition = (last: { name: string; id: string } | undefined) => last && { name: last.name, id: last.id };
