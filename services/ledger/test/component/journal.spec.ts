import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { createTestDatabase, newTenant, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';

let database: TestDatabase;
let service: pg.Client;
let tenantId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  service = new pg.Client({ connectionString: database.urlFor('ledger') });
  await service.connect();
});
afterAll(async () => {
  await service.end();
  await database.drop();
});
beforeEach(() => {
  tenantId = newTenant().tenantId;
});

const unbalanced = { code: '23514', constraint: 'journal_is_balanced' };

describe('the journal, as the service may write it', () => {
  it('takes an entry whose postings sum to zero in each currency, in one statement or several', async () => {
    const entryId = newId();

    await inTransaction(async () => {
      await post(entryId, 1, 'EUR', 100);
      await enter(entryId);
      await post(entryId, 2, 'EUR', -100);
      await post(entryId, 3, 'USD', 125);
      await post(entryId, 4, 'USD', -125);
    });

    expect(await count('postings')).toBe(4);
  });

  it.each<[string, [string, number][]]>([
    [
      'that do not sum to zero',
      [
        ['EUR', 100],
        ['EUR', -99],
      ],
    ],
    [
      'that sum to zero only across currencies',
      [
        ['EUR', 100],
        ['USD', -100],
      ],
    ],
    [
      'of which one currency is not balanced',
      [
        ['EUR', 100],
        ['EUR', -100],
        ['USD', 1],
      ],
    ],
    ['of which there is only one', [['EUR', 0]]],
    ['of which there are none', []],
  ])('refuses an entry with postings %s', async (_name, lines) => {
    const entryId = newId();

    const writing = inTransaction(async () => {
      await enter(entryId);
      for (const [index, [currency, amount]] of lines.entries()) await post(entryId, index + 1, currency, amount);
    });

    await expect(writing).rejects.toMatchObject(unbalanced);
    expect(await count('journal_entries')).toBe(0);
    expect(await count('postings')).toBe(0);
  });

  it('refuses a bad entry among good ones', async () => {
    const [good, bad] = [newId(), newId()];

    const writing = inTransaction(async () => {
      await enter(good);
      await enter(bad);
      for (const [entryId, second] of [
        [good, -100],
        [bad, -101],
      ] as const) {
        await post(entryId, 1, 'EUR', 100);
        await post(entryId, 2, 'EUR', second);
      }
    });

    await expect(writing).rejects.toMatchObject(unbalanced);
  });

  it('refuses postings without an entry, though they sum to zero', async () => {
    const writing = inTransaction(async () => {
      await enterBalanced();
      await post(newId(), 1, 'EUR', 100);
      await post(newId(), 1, 'EUR', -100);
    });

    await expect(writing).rejects.toMatchObject(unbalanced);
  });

  it('refuses postings that are added to an entry later', async () => {
    const entryId = await inTransaction(enterBalanced);

    for (const recordedAt of ['now()', `(select recorded_at from journal_entries where id = '${entryId}')`]) {
      const adding = inTransaction(async () => {
        await post(entryId, 3, 'EUR', 5, recordedAt);
        await post(entryId, 4, 'EUR', -5, recordedAt);
      });
      await expect(adding).rejects.toMatchObject({ code: '23514' });
    }
    expect(await count('postings')).toBe(2);
  });

  it('checks again what is written after the constraints were made immediate', async () => {
    const writing = inTransaction(async () => {
      await enterBalanced();
      await service.query('set constraints all immediate');
      await service.query('set constraints all deferred');
      await enter(newId());
    });

    await expect(writing).rejects.toMatchObject(unbalanced);
  });

  it('refuses to be committed under another tenant than it was written for', async () => {
    const writing = inTransaction(async () => {
      await enterBalanced();
      await service.query("select set_config('app.tenant_id', $1, true)", [newTenant().tenantId]);
    });

    await expect(writing).rejects.toMatchObject(unbalanced);
    expect(await count('postings')).toBe(0);
  });

  it('never changes what was written', async () => {
    await inTransaction(enterBalanced);

    for (const statement of [
      'update journal_entries set amount_minor = 1',
      'update postings set amount_minor = 1',
      'delete from journal_entries',
      'delete from postings',
      'truncate postings',
      "update audit_entries set action = 'nothing'",
      'delete from audit_entries',
      'delete from expenses',
      'delete from categories',
      'alter table postings disable trigger all',
      'set session_replication_role = replica',
    ]) {
      await expect(inTransaction(() => service.query(statement))).rejects.toMatchObject({ code: '42501' });
    }
    expect(await count('postings')).toBe(2);
  });

  it('cannot be written or read partition by partition', async () => {
    const { rows } = await service.query<{ name: string }>(
      `select relid::regclass::text as name from pg_partition_tree('postings') where isleaf
       union all select relid::regclass::text from pg_partition_tree('journal_entries') where isleaf`,
    );

    expect(rows.length).toBeGreaterThanOrEqual(8);
    for (const { name } of rows) {
      await expect(service.query(`select 1 from ${name}`)).rejects.toMatchObject({ code: '42501' });
      await expect(service.query(`insert into ${name} default values`)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('has each check on each partition, those to come included', async () => {
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await service.query("select ensure_month_partitions(now() + interval '5 months')");

    const { rows } = await admin.query<{ name: string; triggers: string[] }>(
      `select class.relname as name, array_agg(trigger.tgname::text order by trigger.tgname) as triggers
       from pg_class as class
       join pg_trigger as trigger on trigger.tgrelid = class.oid and trigger.tgenabled = 'O'
       where class.relnamespace = 'ledger'::regnamespace and class.relispartition
         and class.relname ~ '^(postings|journal_entries)_'
       group by class.relname`,
    );
    await admin.end();

    expect(rows.length).toBeGreaterThanOrEqual(12);
    for (const { triggers } of rows) {
      expect(triggers).toEqual(expect.arrayContaining(['journal_is_balanced', 'journal_is_recorded_now']));
    }
  });
});

async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  await service.query('begin');
  try {
    await service.query("select set_config('app.tenant_id', $1, true)", [tenantId]);
    const result = await work();
    await service.query('commit');
    return result;
  } catch (error) {
    await service.query('rollback');
    throw error;
  }
}

const enter = (entryId: string) =>
  service.query(
    `insert into journal_entries
       (tenant_id, id, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date)
     values ($1, $2, '2025-01-15', 'expense', $3, 'EUR', 100, 1, 'identity', '2025-01-15')`,
    [tenantId, entryId, newId()],
  );

const post = (entryId: string, line: number, currency: string, amountMinor: number, recordedAt = 'now()') =>
  service.query(
    `insert into postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
     values ($1, $2, $3, ${recordedAt}, $4, $5, $6)`,
    [tenantId, entryId, line, newId(), currency, amountMinor],
  );

async function enterBalanced(): Promise<string> {
  const entryId = newId();
  await enter(entryId);
  await post(entryId, 1, 'EUR', 100);
  await post(entryId, 2, 'EUR', -100);
  return entryId;
}

const count = (table: string): Promise<number> =>
  inTransaction(async () => {
    const { rows } = await service.query<{ count: number }>(`select count(*)::int as count from ${table}`);
    return rows[0]!.count;
  });
