import { nilId, type Session } from '@outlay/platform';

/** Whether something in a table has the id of nothing, which the ledger gives to none: walks by id begin behind it. */
export async function hasNilId(
  session: Session,
  table: 'expenses' | 'categories' | 'accounts' | 'projects' | 'exchange_rates' | 'import_mappings',
): Promise<boolean> {
  const statement = {
    name: `find_nil_of_${table}`,
    text: `select from ${table} where ${table}.tenant_id = $1 and ${table}.id = $2 limit 1`,
  };
  const { rowCount } = await session.query(statement, [session.tenantId, nilId]);
  return rowCount !== 0;
}
