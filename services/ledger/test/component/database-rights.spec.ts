import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

describe('a trigger of the ledger', () => {
  it('reads and writes its own tables, whatever temporary ones a session has', async () => {
    const { rows } = await admin.query<{ name: string }>(
      `select distinct function.proname as name
       from pg_trigger as trigger
       join pg_class as class on class.oid = trigger.tgrelid
       join pg_proc as function on function.oid = trigger.tgfoid
       where class.relnamespace = 'ledger'::regnamespace and not trigger.tgisinternal
         and function.prosrc ~* '\\m(from|into|update|perform)\\M\\s+(?!set_config)\\w'
         and not coalesce('search_path=ledger, pg_temp' = any (function.proconfig), false)
       order by 1`,
    );

    expect(rows.map(({ name }) => name)).toEqual([]);
  });
});

describe('the system role, which sees all tenants', () => {
  it('reads whole rows of what carries events alone, and of the rest what it looks for', async () => {
    const readable = (relation: 'role_table_grants' | 'role_column_grants') =>
      admin.query<{ table: string; columns: string }>(
        `select grants.table_name as table ${relation === 'role_table_grants' ? '' : ", string_agg(grants.column_name, ' ' order by grants.column_name) as columns"}
         from information_schema.${relation} as grants
         where grants.grantee = 'outlay_ledger_system' and grants.table_schema = 'ledger'
           and grants.privilege_type = 'SELECT' and grants.table_name !~ '_\\d{6}$|_default$'
         group by grants.table_name
         order by 1`,
      );
    const whole = (await readable('role_table_grants')).rows.map(({ table }) => table);
    const columns = new Map(
      (await readable('role_column_grants')).rows
        .filter(({ table }) => !whole.includes(table))
        .map(({ table, columns: names }) => [table, names]),
    );

    expect(whole).toEqual(['inbox', 'outbox']);
    expect(Object.fromEntries(columns)).toEqual({
      audit_unsealed: 'tenant_id',
      expenses: 'expense_date rate_source status tenant_id',
      idempotency_keys: 'created_at',
      imports: 'expires_at id is_preview is_to_be_dropped progressed_at status tenant_id',
      journal_unsealed: 'tenant_id',
      rate_checks: 'tenant_id',
      restatements: 'id progressed_at status tenant_id',
      tag_changes: 'tenant_id',
      usage_changes: 'has_crossing tenant_id',
      usage_reports: 'reported_at tenant_id',
    });
  });
});
