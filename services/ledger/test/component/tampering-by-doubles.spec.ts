import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { createSilentLogger, type Database, systemContext, toTenantId } from '@outlay/platform';
import type pg from 'pg';
import { createSealKey } from '../../src/seals/chain/seal-key.ts';
import { verifyJournal } from '../../src/seals/verify-journal.ts';
import { createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { ratesOf } from './driver/rates.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, sealKey, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

/** More than a step of sixteen looks at, so that some stand where one ends. */
const size = 18;

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
let database: Database;
let tenant: TestTenant;
let untouched: TestTenant;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
  database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
  [tenant, untouched] = await Promise.all([tenantOf(size), tenantOf(1)]);
}, 60_000);
afterAll(async () => {
  await database.close();
  await stop();
});

/** A tenant with so many of everything that a verification looks at. */
async function tenantOf(count: number): Promise<TestTenant> {
  const made = await ledger.tenant();
  const { client } = ledger;
  for (let number = 1; number <= count; number++) {
    const name = `Number ${number}`;
    await client.recordExpense(made.owner, { input: anExpense() });
    await client.createCategory(made.owner, { name });
    await client.createProject(made.owner, { name });
    await client.createAccount(made.owner, {
      ...{ name, kind: 'bank', currency: 'EUR' },
      openingBalance: { amount: { currency: 'EUR', amountMinor: 100n }, date: '2025-01-01' },
    });
    await ratesOf(ledger).set(made, 'USD', 'EUR', '0.90', `2025-01-${`${number}`.padStart(2, '0')}`);
  }
  await sealed(ledger, made);
  return made;
}

interface Doubled {
  table: string;
  /** What names a row, as the key that is dropped. */
  key: string;
  id: string;
  kind: string;
  idOf: (fault: Pick<contract.JournalFault, 'entryId' | 'detail'> & Partial<contract.JournalFault>) => unknown;
}

const tables: Doubled[] = [
  { table: 'expenses', key: 'id', id: 'id', kind: 'expense_changed', idOf: ({ expenseId }) => expenseId },
  ...['accounts', 'categories', 'projects'].map(
    (table): Doubled => ({ table, key: 'id', id: 'id', kind: 'reference_changed', idOf: ({ entityId }) => entityId }),
  ),
  {
    ...{ table: 'exchange_rates', key: 'rate_date, base_currency, quote_currency, revision', id: 'id' },
    ...{ kind: 'reference_changed', idOf: ({ entityId }) => entityId },
  },
  {
    ...{ table: 'account_openings', key: 'account_id, entry_id', id: 'account_id', kind: 'opening_unbooked' },
    idOf: ({ accountId }) => accountId,
  },
  { table: 'journal_chains', key: 'sequence', id: 'tenant_id', kind: 'head_mismatch', idOf: () => tenant.tenantId },
  { table: 'audit_chains', key: 'sequence', id: 'tenant_id', kind: 'audit_head_mismatch', idOf: () => tenant.tenantId },
  {
    ...{ table: 'tenants', key: 'currency', id: 'tenant_id', kind: 'reference_changed' },
    idOf: ({ entityId }) => entityId,
  },
  {
    ...{ table: 'journal_entries', key: 'recorded_at, id', id: 'id', kind: 'changed' },
    idOf: ({ entryId }) => entryId,
  },
  {
    ...{ table: 'postings', key: 'recorded_at, entry_id, line', id: 'entry_id', kind: 'changed' },
    idOf: ({ entryId }) => entryId,
  },
  {
    ...{ table: 'audit_entries', key: 'id, recorded_at', id: 'id', kind: 'audit_changed' },
    idOf: ({ auditEntryId }) => auditEntryId,
  },
  {
    ...{ table: 'journal_seals', key: 'sequence', id: 'sequence', kind: 'seal_changed' },
    idOf: ({ sequence }) => `${sequence}`,
  },
  {
    ...{ table: 'audit_seals', key: 'sequence', id: 'sequence', kind: 'audit_seal_changed' },
    idOf: ({ sequence }) => `${sequence}`,
  },
];

/** Drops what keeps the rows of a table apart, and leaves an index in its place, by which they are still found. */
async function dropKeys({ table, key }: Doubled): Promise<void> {
  const { rows } = await superuser.query<{ name: string }>(
    `select conname as name from pg_constraint where conrelid = 'ledger.${table}'::regclass and contype in ('p', 'u')`,
  );
  const { rows: indexes } = await superuser.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index
     where indrelid = 'ledger.${table}'::regclass and indisunique
       and not exists (select from pg_constraint where conindid = indexrelid)`,
  );
  for (const { name } of rows) await superuser.query(`alter table ledger.${table} drop constraint ${name} cascade`);
  for (const { name } of indexes) await superuser.query(`drop index ${name}`);
  await superuser.query(`create index on ledger.${table} (tenant_id, ${key})`);
}

/** Does something while there are rows of the tenant twice, or as often as `copies` says. */
async function whileDoubled(
  { table }: Doubled,
  { where = 'true', copies = 1 }: { where?: string; copies?: number },
  act: () => Promise<void>,
): Promise<void> {
  await superuser.query('set session_replication_role = replica');
  const { rows } = await superuser.query(
    `insert into ledger.${table} select stored.* from ledger.${table} as stored, generate_series(1, $2)
     where stored.tenant_id = $1 and ${where}
     returning tableoid::regclass::text as part, ctid::text as place`,
    [tenant.tenantId, copies],
  );
  try {
    await act();
  } finally {
    for (const part of new Set(rows.map((row) => row.part))) {
      const places = rows.filter((row) => row.part === part).map((row) => row.place);
      await superuser.query(`delete from ${part} where ctid = any ($1::tid[])`, [places]);
    }
    await superuser.query('set session_replication_role = origin');
  }
}

const idsOf = async ({ table, id }: Doubled): Promise<string[]> => {
  const { rows } = await superuser.query(
    `select distinct ${id}::text as id from ledger.${table} where tenant_id = $1 order by 1`,
    [tenant.tenantId],
  );
  return rows.map((row) => row.id);
};

/** By steps of sixteen, in as many answers as that takes. */
async function verifyByLittle() {
  const work = { database, key: createSealKey(sealKey), clock: () => new Date(), stepSize: 16 };
  const faults = [];
  for (let from = {}; ; ) {
    const found = await verifyJournal(work, systemContext(toTenantId(tenant.tenantId)), from);
    faults.push(...found.faults);
    if (found.next === undefined) return { faults };
    from = { from: found.next };
  }
}

describe.each(tables)('rows of $table that a superuser puts in again', (doubled) => {
  beforeAll(() => dropKeys(doubled));
  const named = (faults: readonly Parameters<Doubled['idOf']>[0][]) =>
    [...new Set(faults.map((fault) => `${fault.kind} ${doubled.idOf(fault)}`))].toSorted();
  const asNamed = (ids: readonly (string | undefined)[]) => ids.map((id) => `${doubled.kind} ${id}`).toSorted();

  it('are named, one of many, and nothing else is', async () => {
    const [first] = await idsOf(doubled);

    await whileDoubled(doubled, { where: `${doubled.id}::text = '${first}'` }, async () => {
      expect(named((await verify(ledger, tenant)).faults)).toEqual(asNamed([first]));
    });
  });

  it('are named, each of them, by steps of any length', async () => {
    const ids = await idsOf(doubled);

    await whileDoubled(doubled, {}, async () => {
      for (const verifyAll of [() => verify(ledger, tenant), verifyByLittle]) {
        expect(named((await verifyAll()).faults)).toEqual(asNamed(ids));
      }
    });
  });

  it('are named where they are more than a step looks at, and so is what stands behind them', async () => {
    const [first] = await idsOf(doubled);

    await whileDoubled(doubled, { where: `${doubled.id}::text = '${first}'`, copies: 3_000 }, async () => {
      expect(named((await verify(ledger, tenant)).faults)).toEqual(asNamed([first]));
    });
  });

  it('are of one tenant alone, and are gone with the last copy', async () => {
    expect((await verify(ledger, tenant)).faults).toEqual([]);
    expect((await verify(ledger, untouched)).faults).toEqual([]);
  });
});
