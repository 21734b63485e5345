import type pg from 'pg';
import { pastTriggers } from './past-triggers.ts';

/** Where something is stored; of an audit entry, by what it is of. */
export interface Place {
  table: string;
  tenantId: string;
  id: string;
}

type Row = Record<string, unknown>;

export type Forgery = ReturnType<typeof forgeryBy>;

/** What a superuser can do to rows, past every trigger and foreign key. */
export function forgeryBy(superuser: pg.Client) {
  async function run(statement: string, values: unknown[]): Promise<void> {
    const { rowCount } = await pastTriggers(superuser, () => superuser.query(statement, values));
    if (rowCount === 0) throw new Error(`Nothing was forged by ${statement}`);
  }

  const idOf = (table: string): string => (table === 'audit_entries' ? 'entity_id' : 'id');
  const of = (table: string): string => `tenant_id = $1 and ${idOf(table)} = $2`;

  const forgery = {
    run,
    set: ({ table, tenantId, id }: Place, assignment: string, which = 'true') =>
      run(`update ledger.${table} set ${assignment} where ${of(table)} and ${which}`, [tenantId, id]),
    remove: ({ table, tenantId, id }: Place, which = 'true') =>
      run(`delete from ledger.${table} where ${of(table)} and ${which}`, [tenantId, id]),
    async read({ table, tenantId, id }: Place): Promise<Row[]> {
      const { rows } = await superuser.query<{ row: Row }>(
        `select to_jsonb(stored) as row from ledger.${table} as stored where ${of(table)}`,
        [tenantId, id],
      );
      return rows.map(({ row }) => row);
    },
    insert: (table: string, rows: readonly Row[]) =>
      run(
        `insert into ledger.${table}
         select stored.* from jsonb_populate_recordset(null::ledger.${table}, $1) as stored`,
        [JSON.stringify(rows)],
      ),
    /** Puts what was there by a place back. */
    async restore(place: Place, rows: readonly Row[]): Promise<void> {
      if ((await forgery.read(place)).length > 0) await forgery.remove(place);
      await forgery.insert(place.table, rows);
    },
  };
  return forgery;
}
