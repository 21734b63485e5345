import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { createTestDatabase, newTenant, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';

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
  it('takes an entry with postings that sum to zero in each currency, written by one statement', async () => {
    await inTransaction(() =>
      write([
        {
          lines: [
            ['EUR', 100],
            ['EUR', -100],
            ['USD', 125],
            ['USD', -125],
          ],
        },
      ]),
    );

    expect(await count('journal_entries')).toBe(1);
    expect(await count('postings')).toBe(4);
  });

  it.each<[string, Line[]]>([
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
    await expect(inTransaction(() => write([{ lines }]))).rejects.toMatchObject(unbalanced);

    expect(await count('journal_entries')).toBe(0);
    expect(await count('postings')).toBe(0);
  });

  it('refuses a bad entry among good ones', async () => {
    const writing = inTransaction(() =>
      write([
        { lines: balanced },
        {
          lines: [
            ['EUR', 100],
            ['EUR', -101],
          ],
        },
      ]),
    );

    await expect(writing).rejects.toMatchObject(unbalanced);
  });

  it('refuses postings without an entry, though they sum to zero', async () => {
    const writing = inTransaction(async () => {
      await write([{ lines: balanced }]);
      await write([{ isOrphaned: true, lines: balanced }]);
    });

    await expect(writing).rejects.toMatchObject(unbalanced);
  });

  it('refuses postings that are added to an entry later, be it in the same instant', async () => {
    const { entryId } = await inTransaction(() => write([{ lines: balanced }]));
    const instants = ['now()', `(select recorded_at from journal_entries where id = '${entryId}')`];

    for (const recordedAt of instants) {
      const adding = inTransaction(() => write([{ entryId, isOrphaned: true, from: 3, lines: balanced }], recordedAt));
      await expect(adding).rejects.toMatchObject({ code: '23514' });
    }
    const addingAtOnce = inTransaction(async () => {
      const { entryId } = await write([{ lines: balanced }]);
      await write([{ entryId, isOrphaned: true, from: 3, lines: balanced }]);
    });
    await expect(addingAtOnce).rejects.toMatchObject(unbalanced);
    const addingBesideIt = inTransaction(async () => {
      const { entryId } = await write([{ lines: balanced }]);
      await write([{ entryId, isKept: true, from: 3, lines: balanced }]);
    });
    await expect(addingBesideIt).rejects.toMatchObject(unbalanced);
    expect(await count('postings')).toBe(2);
  });

  it('refuses to be written under another tenant than it is committed under', async () => {
    const other = newTenant().tenantId;

    const writing = inTransaction(() =>
      service.query(
        `with entry as (
           ${entryInsert} values ('${tenantId}', '${newId()}', '2025-01-15', 'expense', '${newId()}', 'EUR', 100, 1, 'identity', '2025-01-15')
           returning set_config('app.tenant_id', '${other}', true)
         )
         select from entry`,
      ),
    );

    await expect(writing).rejects.toMatchObject(unbalanced);
    expect(await count('journal_entries')).toBe(0);
  });

  it('refuses postings to what is not in the chart of the tenant', async () => {
    const ofAnother = newId();
    await addCategory(ofAnother);
    tenantId = newTenant().tenantId;
    const own = newId();
    await addCategory(own);
    const inBooks = (ledgerAccountId: string) => inTransaction(() => write([{ lines: balanced, ledgerAccountId }]));

    for (const wrong of [newId(), ofAnother, '00000000-0000-7000-8000-000000000005']) {
      await expect(inBooks(wrong)).rejects.toMatchObject({ code: '23514', constraint: 'posting_is_in_chart' });
    }
    await expect(
      inTransaction(() => write([{ lines: balanced }, { lines: balanced, ledgerAccountId: newId() }])),
    ).rejects.toMatchObject({ constraint: 'posting_is_in_chart' });
    expect(await count('postings')).toBe(0);
    for (const id of [own, ...Object.values(ledgerAccounts)]) await inBooks(id);
    expect(await count('postings')).toBe(10);
  });

  it('takes an entry back once', async () => {
    const { entryId } = await inTransaction(() => write([{ lines: balanced }]));
    await inTransaction(() => write([{ reverses: entryId, lines: reversed }]));
    const { entryId: other } = await inTransaction(() => write([{ lines: balanced }]));
    const another = { reverses: other, lines: reversed };

    const twice = { code: '23505', constraint: 'entry_is_reversed_once' };
    await expect(inTransaction(() => write([{ reverses: entryId, lines: reversed }]))).rejects.toMatchObject(twice);
    await expect(inTransaction(() => write([another, another]))).rejects.toMatchObject(twice);
    expect(await count('reversals')).toBe(1);
    await expect(inTransaction(() => service.query('delete from reversals'))).rejects.toMatchObject({ code: '42501' });
  });

  it('lets another tenant take back an entry of the same id', async () => {
    const { entryId } = await inTransaction(() => write([{ lines: balanced }]));
    await inTransaction(() => write([{ reverses: entryId, lines: reversed }]));
    tenantId = newTenant().tenantId;

    await inTransaction(() => write([{ entryId, lines: balanced }]));
    await inTransaction(() => write([{ reverses: entryId, lines: reversed }]));

    expect(await count('reversals')).toBe(1);
  });
});

describe('the journal, against a service that cheats', () => {
  const lopsided = {
    lines: [
      ['EUR', 100],
      ['EUR', -1],
    ] satisfies Line[],
  };

  it.each<[string, string[]]>([
    ['a forged mark of a check', ["select set_config('journal.balanced', '{tenant}', true)"]],
    ['deferred constraints', ['set constraints all deferred']],
    ['a savepoint', ['savepoint here']],
    [
      'tables of its own in place of the real ones',
      [
        'create temporary table postings (like ledger.postings)',
        'create temporary table journal_entries (like ledger.journal_entries)',
        'create temporary table new_postings (like ledger.postings)',
        'set local search_path = pg_temp, ledger',
      ],
    ],
    [
      'functions of its own in place of the real ones',
      [
        'create function pg_temp.now() returns timestamptz language sql as $$ select null::timestamptz $$',
        "create function pg_temp.current_setting(text, boolean) returns text language sql as $$ select '' $$",
        'create function pg_temp.sum(bigint) returns numeric language sql as $$ select 0::numeric $$',
        'set local search_path = pg_temp, pg_catalog, ledger',
      ],
    ],
    ['planner settings', ['set local enable_indexscan = off', "set local plan_cache_mode = 'force_custom_plan'"]],
  ])('refuses what is not balanced, in spite of %s', async (_name, statements) => {
    const cheating = inTransaction(async () => {
      for (const statement of statements) await service.query(statement.replace('{tenant}', tenantId));
      await write([lopsided]);
    });

    await expect(cheating).rejects.toMatchObject(unbalanced);
    expect(await count('postings')).toBe(0);
  });

  it('refuses it from within a function, a copy and a block that swallows errors', async () => {
    const entryId = newId();
    const entry = `${entryInsert} values ('${tenantId}', '${entryId}', '2025-01-15', 'expense', '${newId()}', 'EUR', 100, 1, 'identity', '2025-01-15')`;
    const posting = `insert into ledger.postings (tenant_id, entry_id, line, ledger_account_id, currency, amount_minor)
      values ('${tenantId}', '${entryId}', 1, '${newId()}', 'EUR', 100)`;

    const inFunction = inTransaction(async () => {
      await service.query(`create function pg_temp.post() returns int language sql as $$ ${posting}; select 1 $$`);
      await service.query(`${entry} returning pg_temp.post()`);
    });
    await expect(inFunction).rejects.toMatchObject(unbalanced);
    await inTransaction(() =>
      service.query(`do $$ begin ${entry}; ${posting}; exception when others then null; end $$`),
    );
    expect(await count('journal_entries')).toBe(0);
    expect(await count('postings')).toBe(0);
  });

  it('never changes what was written', async () => {
    await inTransaction(() => write([{ lines: balanced }]));

    for (const statement of [
      'update journal_entries set amount_minor = 1',
      'update postings set amount_minor = 1',
      'delete from journal_entries',
      'delete from postings',
      'truncate postings',
      "update audit_entries set action = 'nothing'",
      'delete from audit_entries',
      'delete from expenses',
      'delete from former_ledger_accounts',
      'update exchange_rates set rate = 1',
      'delete from exchange_rates',
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

  it.each(["now() + interval '13 months'", "now() - interval '13 months'", "'infinity'", "'0044-03-15 BC'", 'null'])(
    'is made for no month as far off as %s',
    async (since) => {
      const making = service.query(`select ensure_month_partitions((${since})::timestamptz)`);
      await expect(making).rejects.toMatchObject({ code: '22008' });
      await expect(service.query('select make_month_partitions(now())')).rejects.toMatchObject({ code: '42501' });
    },
  );

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
      expect(triggers).toContain('journal_is_recorded_now');
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

type Line = [currency: string, amountMinor: number];

interface Written {
  entryId?: string;
  /** The entry that it takes back. */
  reverses?: string;
  /** That all lines are posted to; one that each tenant has unless given. */
  ledgerAccountId?: string;
  /** Writes no entry. */
  isOrphaned?: boolean;
  /** Lets an entry that exists already be. */
  isKept?: boolean;
  /** The number of the first line; 1 unless given. */
  from?: number;
  lines: Line[];
}

const balanced: Line[] = [
  ['EUR', 100],
  ['EUR', -100],
];
const reversed = balanced.map(([currency, amountMinor]): Line => [currency, -amountMinor]);

const entryInsert = `insert into ledger.journal_entries
  (tenant_id, id, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date)`;

/** Writes entries of no expense and their postings by one statement; answers the id of the first entry. */
async function write(written: Written[], recordedAt = 'now()'): Promise<{ entryId: string }> {
  const given = written.map((entry) => ({ ...entry, entryId: entry.entryId ?? newId() }));
  const entries = given.filter(({ isOrphaned }) => !isOrphaned);
  const postings = given.flatMap(({ entryId, from = 1, ledgerAccountId = ledgerAccounts.unassigned, lines }) =>
    lines.map(([currency, amountMinor], index) => ({
      ...{ entryId, line: from + index, ledgerAccountId, currency, amountMinor },
    })),
  );
  await service.query(
    `with entries as (
       insert into ledger.journal_entries
         (tenant_id, id, recorded_at, effective_date, kind, reverses_entry_id, currency, amount_minor, rate, rate_source,
          rate_date)
       select $1::uuid, row."entryId", ${recordedAt}, '2025-01-15', case when row.reverses is null then 'opening' else 'reversal' end,
         row.reverses, 'EUR', 100, 1, 'identity', '2025-01-15'
       from json_to_recordset($2::json) as row ("entryId" uuid, reverses uuid)
       ${written.some(({ isKept }) => isKept) ? 'on conflict do nothing' : ''}
     )
     insert into ledger.postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
     select $1::uuid, row."entryId", row.line, ${recordedAt}, row."ledgerAccountId", row.currency, row."amountMinor"
     from json_to_recordset($3::json)
       as row ("entryId" uuid, line smallint, "ledgerAccountId" uuid, currency text, "amountMinor" bigint)`,
    [tenantId, JSON.stringify(entries), JSON.stringify(postings)],
  );
  return { entryId: given[0]!.entryId };
}

const addCategory = (id: string) =>
  inTransaction(() =>
    service.query('insert into categories (tenant_id, id, name) values ($1, $2, $3)', [tenantId, id, `Travel ${id}`]),
  );

const count = (table: string): Promise<number> =>
  inTransaction(async () => {
    const { rows } = await service.query<{ count: number }>(`select count(*)::int as count from ${table}`);
    return rows[0]!.count;
  });
