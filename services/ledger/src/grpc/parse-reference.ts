import { accountKinds, type ledger } from '@outlay/contracts';
import { invalid, parseInput } from '@outlay/platform';
import { z } from 'zod';
import type { CreateAccount } from '../application/create-account.ts';
import type { CreateCategory } from '../application/create-category.ts';
import type { CreateProject } from '../application/create-project.ts';
import type { AccountFilter, CategoryFilter } from '../application/list-references.ts';
import type { UpdateAccount } from '../application/update-account.ts';
import type { UpdateCategory } from '../application/update-category.ts';
import type { UpdateProject } from '../application/update-project.ts';
import type { OpeningBalance } from '../domain/journal-entry.ts';
import type { ReferenceFilter } from '../store/reference-rows.ts';
import { amountMinor, currency, expenseDate, id, name, optional, text } from './fields.ts';

const description = text(2_000);

const category = z.object({ name: name(), parent_id: optional(id), description });

const project = z.object({ name: name(), code: text(32), description });

const opening = z
  .object({
    amount: amountMinor,
    currency,
    date: expenseDate,
  })
  .transform(({ amount, currency: code, date }): OpeningBalance => {
    return { amount: { currency: code, amountMinor: amount }, date };
  });

const kind = z.enum(accountKinds, `must be one of ${accountKinds.join(', ')}`);

const account = z.object({
  name: name(),
  kind,
  currency: optional(currency),
  description,
  opening_balance: opening.optional(),
});

export function parseNewCategory(request: ledger.CreateCategoryRequest): CreateCategory {
  const given = parseInput(category, inCategoryWords(request));
  return { name: given.name, parentId: given.parent_id, description: given.description };
}

export function parseNewProject(request: ledger.CreateProjectRequest): CreateProject {
  return parseInput(project, inProjectWords(request));
}

export function parseNewAccount(request: ledger.CreateAccountRequest): CreateAccount {
  const given = parseInput(account, inAccountWords(request));
  const { name: called, kind: of, currency: code } = given;
  return {
    ...{ name: called, kind: of, currency: code, description: given.description },
    openingBalance: given.opening_balance,
  };
}

/** Reads the fields that the mask names and no others; one that is named and empty is there, and takes away. */
export function parseCategoryUpdate(request: ledger.UpdateCategoryRequest): UpdateCategory {
  const fields = masked(request, category);
  const given = parseInput(pick(category, fields), inCategoryWords(request.input));
  const changes = renamed(given, fields, { parent_id: 'parentId' });
  return { categoryId: parseId('category_id', request.categoryId), changes, ...stateOf(request) };
}

/** As above. */
export function parseProjectUpdate(request: ledger.UpdateProjectRequest): UpdateProject {
  const fields = masked(request, project);
  const changes = parseInput(pick(project, fields), inProjectWords(request.input));
  return { projectId: parseId('project_id', request.projectId), changes, ...stateOf(request) };
}

/** As above. */
export function parseAccountUpdate(request: ledger.UpdateAccountRequest): UpdateAccount {
  const fields = masked(request, account);
  const given = parseInput(pick(account, fields), inAccountWords(request.input));
  const changes = renamed(given, fields, { opening_balance: 'openingBalance' });
  return { accountId: parseId('account_id', request.accountId), changes, ...stateOf(request) };
}

/** An id of another form names nothing that exists, which the caller hears as a wrong field. */
export function parseId(field: string, value: string): string {
  return parseInput(z.object({ [field]: id }), { [field]: value })[field] ?? '';
}

const listing = {
  archived: z
    .preprocess((value) => value || 'false', z.enum(['false', 'true', 'all'], 'must be false, true or all'))
    .transform((wanted) => (wanted === 'all' ? undefined : wanted === 'true')),
  text: optional(text(200)),
};

export function parseReferenceFilter(request: { archived?: string; text?: string }): ReferenceFilter {
  const { archived, text: words } = parseInput(z.object(listing), { archived: '', text: '', ...request });
  return { isArchived: archived, text: words };
}

export function parseCategoryFilter(request: ledger.ListCategoriesRequest): CategoryFilter {
  const parent = z.object({ parent_id: optional(z.union([z.literal('none'), id])) });
  const { parent_id: parentId } = parseInput(parent, { parent_id: request.parentId ?? '' });
  return { ...parseReferenceFilter(request), parentId };
}

export function parseAccountFilter(request: ledger.ListAccountsRequest): AccountFilter {
  const { kind: of } = parseInput(z.object({ kind: optional(kind) }), { kind: request.kind ?? '' });
  return { ...parseReferenceFilter(request), kind: of };
}

interface UpdateRequest {
  updateMask: readonly string[] | undefined;
  archived?: boolean | undefined;
  version?: bigint | undefined;
}

const stateOf = ({ archived, version }: UpdateRequest) => ({ isArchived: archived, version });

/** The fields that a mask names. Throws invalid where it names none and nothing is archived or restored. */
function masked(request: UpdateRequest, schema: z.ZodObject): string[] {
  const mask = request.updateMask ?? [];
  if (mask.length === 0 && request.archived === undefined) {
    throw invalid('update_mask', 'required', 'must name a field');
  }
  const unknown = mask.find((field) => !Object.hasOwn(schema.shape, field));
  if (unknown !== undefined) throw invalid('update_mask', 'unknown_field', `names no field: ${unknown}`);
  return [...mask];
}

const pick = <S extends z.ZodObject>(schema: S, fields: readonly string[]) =>
  z.object(Object.fromEntries(fields.map((field) => [field, schema.shape[field]]))) as unknown as z.ZodType<
    Partial<z.output<S>>
  >;

/** What was given, in the words of the use case; what the mask names is there, even as undefined. */
function renamed<T extends object, F extends keyof T & string, N extends string>(
  given: T,
  fields: readonly string[],
  { ...names }: Record<F, N>,
): Omit<T, F> & { [K in N]?: T[F] } {
  const entries = Object.entries(given).filter(([field]) => !Object.hasOwn(names, field));
  const others = Object.entries<N>(names)
    .filter(([field]) => fields.includes(field))
    .map(([field, called]) => [called, given[field as F]]);
  return Object.fromEntries([...entries, ...others]);
}

const inCategoryWords = (input: Partial<ledger.CategoryInput> | undefined) => ({
  name: input?.name ?? '',
  parent_id: input?.parentId ?? '',
  description: input?.description ?? '',
});

const inProjectWords = (input: Partial<ledger.ProjectInput> | undefined) => ({
  name: input?.name ?? '',
  code: input?.code ?? '',
  description: input?.description ?? '',
});

const inAccountWords = (input: Partial<ledger.AccountInput> | undefined) => ({
  name: input?.name ?? '',
  kind: input?.kind ?? '',
  currency: input?.currency ?? '',
  description: input?.description ?? '',
  opening_balance: input?.openingBalance && {
    amount: input.openingBalance.amount?.amountMinor,
    currency: input.openingBalance.amount?.currency ?? '',
    date: input.openingBalance.date,
  },
});
