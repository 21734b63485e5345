import type { TenantContext } from '@outlay/platform';
import type { LedgerDatabase } from './ledger-database.ts';

/**
 * Waits for those who were booking to something while it was archived, so that nothing is booked to it any more once that
 * is said, but by imports under way that named it under a hard limit: those go on (docs/adr/0020), so where there is one nobody
 * is waited for. To be called when the archiving has committed: from then on nobody else begins to (migration 0110), and those who
 * had begun have a lock on it, which their foreign keys take, or are refused. Waiting before the commit would be for ever
 * where there is always somebody who books. Throws unavailable where they take too long; it is archived all the same.
 */
export async function awaitBookings(
  database: LedgerDatabase,
  context: TenantContext,
  table: keyof typeof statements,
  id: string,
): Promise<void> {
  await database.withTenant(context, (session) => session.query(statements[table], [context.tenantId, id]));
}

const statement = (table: 'accounts' | 'categories' | 'projects', named = '') => ({
  name: `await_bookings_to_${table}`,
  text: `select from ${table} where ${table}.tenant_id = $1 and ${table}.id = $2${named} for update`,
});

const notNamed = (column: 'account_id' | 'project_id'): string => `
  and not exists (select from import_names as names where names.tenant_id = $1 and names.${column} = $2)`;

const statements = {
  accounts: statement('accounts', notNamed('account_id')),
  categories: statement('categories'),
  projects: statement('projects', notNamed('project_id')),
};
