import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { fakeBooks } from './fake-books.ts';
import { fakeExpenses } from './fake-expenses.ts';
import { fakeImports } from './fake-imports.ts';
import { fakeRates } from './fake-rates.ts';
import { at, page } from './fixtures.ts';

/** Takes whatever expenses can refer to, and all the rest of the ledger. */
export function fakeLedger(): FakeHandlers {
  const named = (name: string) => ({ id: newId(), name, description: '', version: 1n, createdAt: at });
  const category = (name: string) => ({ ...named(name), parentId: '', path: [name], depth: 1 });
  const project = (name: string) => ({ ...named(name), code: '' });
  return {
    ...fakeExpenses(),
    ...fakeImports(),
    ...fakeRates(),
    ...fakeBooks(),
    createCategory: ({ name }: ledger.CreateCategoryRequest) => ({ category: category(name), replayed: false }),
    listCategories: () => ({ categories: [category('Software')], page }),
    createProject: ({ name }: ledger.CreateProjectRequest) => ({
      project: project(name),
      replayed: false,
      warnings: [],
    }),
    listProjects: () => ({ projects: [project('Website')], page }),
    createAccount: ({ name, kind, currency }: ledger.CreateAccountRequest) => ({
      account: { ...named(name), kind, currency },
      ...{ replayed: false, warnings: [] },
    }),
    listAccounts: () => ({ accounts: [{ ...named('Card'), kind: 'card', currency: 'EUR' }], page }),
  };
}
