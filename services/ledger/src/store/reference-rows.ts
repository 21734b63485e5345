import { nilId, type Session } from '@outlay/platform';
import { isRefusedBy } from './is-refused-by.ts';

/** Which of a list are wanted: archived ones, the others, or with undefined both. */
export interface ReferenceFilter {
  isArchived: boolean | undefined;
  /** Part of the name, whatever its case. */
  text: string | undefined;
}

/** Part of a list that is ordered by name: what comes after this name and id. */
export interface NamedPage {
  after: { name: string; id: string } | undefined;
  limit: number;
}

export interface Page<T> {
  items: T[];
  hasMore: boolean;
}

/** The page out of what was read, which is one more than the page holds where there is more. */
export const toPage = <T>(found: readonly T[], { limit }: NamedPage): Page<T> => ({
  items: found.slice(0, limit),
  hasMore: found.length > limit,
});

/** The parameters $2 to $6 of a list. Before the first name there is the empty one. */
export const listValues = (filter: ReferenceFilter, { after, limit }: NamedPage): unknown[] => [
  after?.name ?? '',
  after?.id ?? nilId,
  limit + 1,
  filter.isArchived ?? null,
  filter.text === undefined ? null : `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`,
];

/** What a list takes from a table aliased `alias`, along its index by name; `search` is what the text is looked for in. */
export const listed = (alias: string, search = `${alias}.name`): string => `
where ${alias}.tenant_id = $1 and (${alias}.name, ${alias}.id) > ($2, $3::uuid)
  and ($5::boolean is null or ($5 = (${alias}.archived_at is not null)))
  and ($6::text is null or ${search} ilike $6)`;

/** Runs a change; undefined where another one has the name that is not archived. Only a rollback can follow then. */
export async function unlessNameTaken<T>(change: () => Promise<T>): Promise<T | undefined> {
  try {
    return await change();
  } catch (error) {
    if (isRefusedBy(error, '23505', 'name_key')) return undefined;
    throw error;
  }
}

/**
 * Deletes a row unless something refers to it, which its foreign keys know, those that are made one day too; categories
 * and accounts unless the journal has postings to them. It waits for whoever is just about to refer to it, and looks
 * again. Answers whether it is gone.
 */
export async function deleteUnlessReferredTo(
  session: Session,
  table: keyof typeof deleteStatements,
  id: string,
): Promise<boolean> {
  await session.query('savepoint before_delete');
  try {
    const { rowCount } = await session.query(deleteStatements[table], [session.tenantId, id]);
    return rowCount === 1;
  } catch (error) {
    if (!isRefusedBy(error, '23503')) throw error;
    await session.query('rollback to savepoint before_delete');
    return false;
  }
}

const deleteStatements = {
  categories: {
    name: 'delete_category',
    text: `
delete from categories
where categories.tenant_id = $1 and categories.id = $2 and not categories.has_history`,
  },
  accounts: {
    name: 'delete_account',
    text: 'delete from accounts where accounts.tenant_id = $1 and accounts.id = $2 and not accounts.has_history',
  },
  projects: {
    name: 'delete_project',
    text: 'delete from projects where projects.tenant_id = $1 and projects.id = $2',
  },
};
