import type { ledger } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import type { TestLedger } from './start-ledger.ts';

/** What all that expenses refer to has in common. */
export interface TestReference {
  id: string;
  name: string;
  description: string;
  version: bigint;
  createdAt?: Date | undefined;
  archivedAt?: Date | undefined;
}

export interface ReferenceListing {
  archived?: string;
  text?: string;
  cursor?: string;
  limit?: number;
}

/** Categories, accounts and projects, as tests make and change them: what is left out is as usual. */
export function referencesOf({ client }: Pick<TestLedger, 'client'>) {
  const page = ({ cursor = '', limit = 0 }: ReferenceListing) => ({ cursor, limit });
  const mask = (changes: object) => Object.keys(changes);
  return {
    category: {
      create: async (context: CallerContext, name: string) =>
        (await client.createCategory(context, { name })).category! as TestReference,
      get: async (context: CallerContext, categoryId: string) =>
        (await client.getCategory(context, { categoryId })).category! as TestReference,
      list: async (context: CallerContext, listing: ReferenceListing = {}) => {
        const answer = await client.listCategories(context, { ...listing, page: page(listing) });
        return { items: answer.categories as TestReference[], page: answer.page! };
      },
      change: async (context: CallerContext, id: string, changes: Changes, seen?: bigint) => {
        const { archived, ...given } = changes;
        const request: ledger.UpdateCategoryRequest = {
          ...{ categoryId: id, input: { name: '', parentId: '', description: '', ...given } },
          ...{ updateMask: mask(given), archived, version: seen },
        };
        return (await client.updateCategory(context, request)).category! as TestReference;
      },
      remove: (context: CallerContext, categoryId: string, version?: bigint) =>
        client.deleteCategory(context, { categoryId, version }),
      field: 'categoryId',
    },
    account: {
      create: async (context: CallerContext, name: string, { kind = 'card' }: { kind?: string } = {}) => {
        const wanted = { name, kind, currency: '', openingBalance: undefined };
        return (await client.createAccount(context, wanted)).account! as TestReference;
      },
      get: async (context: CallerContext, accountId: string) =>
        (await client.getAccount(context, { accountId })).account! as TestReference,
      list: async (context: CallerContext, listing: ReferenceListing = {}) => {
        const answer = await client.listAccounts(context, { ...listing, page: page(listing) });
        return { items: answer.accounts as TestReference[], page: answer.page! };
      },
      change: async (context: CallerContext, id: string, changes: Changes & { kind?: string }, seen?: bigint) => {
        const { archived, ...given } = changes;
        const empty = { name: '', kind: '', currency: '', description: '', openingBalance: undefined };
        const request: ledger.UpdateAccountRequest = {
          ...{ accountId: id, input: { ...empty, ...given } },
          ...{ updateMask: mask(given), archived, version: seen },
        };
        return (await client.updateAccount(context, request)).account! as TestReference;
      },
      remove: (context: CallerContext, accountId: string, version?: bigint) =>
        client.deleteAccount(context, { accountId, version }),
      field: 'accountId',
    },
    project: {
      create: async (context: CallerContext, name: string) =>
        (await client.createProject(context, { name })).project! as TestReference,
      get: async (context: CallerContext, projectId: string) =>
        (await client.getProject(context, { projectId })).project! as TestReference,
      list: async (context: CallerContext, listing: ReferenceListing = {}) => {
        const answer = await client.listProjects(context, { ...listing, page: page(listing) });
        return { items: answer.projects as TestReference[], page: answer.page! };
      },
      change: async (context: CallerContext, id: string, changes: Changes, seen?: bigint) => {
        const { archived, ...given } = changes;
        const request: ledger.UpdateProjectRequest = {
          ...{ projectId: id, input: { name: '', code: '', description: '', ...given } },
          ...{ updateMask: mask(given), archived, version: seen },
        };
        return (await client.updateProject(context, request)).project! as TestReference;
      },
      remove: (context: CallerContext, projectId: string, version?: bigint) =>
        client.deleteProject(context, { projectId, version }),
      field: 'projectId',
    },
  } as const;
}

interface Changes {
  name?: string;
  description?: string;
  archived?: boolean;
}
