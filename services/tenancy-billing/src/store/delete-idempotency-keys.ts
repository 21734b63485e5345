import type { TenancyDatabase } from './database.ts';

const deleteKeys = {
  name: 'tenancy_delete_idempotency_keys',
  text: 'delete from idempotency_keys where idempotency_keys.created_at < $1',
};

/** Deletes the keys of all tenants from before an instant; answers how many. */
export async function deleteIdempotencyKeys(database: TenancyDatabase, before: Date): Promise<number> {
  const { rowCount } = await database.withSystem((session) => session.query(deleteKeys, [before]));
  return rowCount;
}
