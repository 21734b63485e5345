import type pg from 'pg';

/** Does something past every trigger and foreign key, in one transaction; what fails leaves nothing behind. */
export async function pastTriggers<T>(superuser: pg.ClientBase, act: () => Promise<T>): Promise<T> {
  await superuser.query('begin; set local session_replication_role = replica');
  try {
    const result = await act();
    await superuser.query('commit');
    return result;
  } catch (error) {
    await superuser.query('rollback');
    throw error;
  }
}

/** Runs statements past every trigger and foreign key; $1 is the tenant in each of them. */
export const tamperWith = (superuser: pg.ClientBase, tenantId: string, statements: readonly string[]): Promise<void> =>
  pastTriggers(superuser, async () => {
    for (const statement of statements) {
      await superuser.query(statement, statement.includes('$1') ? [tenantId] : []);
    }
  });
