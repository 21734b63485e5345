import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startPlatform } from '@outlay/testkit';
import pg from 'pg';
import { createOutlayClient, type SignedIn } from '../drivers/outlay-client.ts';
import { recordOne } from '../drivers/steady-writer.ts';

const script = fileURLToPath(new URL('../../scripts/verify-journal.mjs', import.meta.url));

/** What a superuser can write into a row that the service never would, and what the whole platform must be able to show. */
const oddities: { table: string; set: string; which?: string }[] = [
  ...["currency = 'xyz'", "currency = '€'", "kind = ''", "rate = 'NaN'", "rate_source = ''", 'amount_minor = -1'].map(
    (set) => ({ table: 'journal_entries', set }),
  ),
  ...['effective_date', 'rate_date'].flatMap((column) =>
    ["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'12026-01-01'"].map((day) => ({
      ...{ table: 'journal_entries', set: `${column} = ${day}` },
    })),
  ),
  { table: 'journal_entries', set: "expense_id = 'deadbeef-dead-dead-dead-deadbeefdead'" },
  { table: 'postings', set: "ledger_account_id = 'deadbeef-dead-dead-dead-deadbeefdead', currency = 'xyz'" },
  ...['sealed_at', 'entry_recorded_at'].flatMap((column) =>
    ["'infinity'", "'-infinity'", "'0044-03-15 12:00:00+00 BC'", "'1999-12-31'"].map((instant) => ({
      ...{ table: 'journal_seals', set: `${column} = ${instant}` },
    })),
  ),
  ...['entry_hash', 'previous_hash', 'hash'].flatMap((column) =>
    ["''", "'\\x00'", "decode(repeat('ab', 5000), 'hex')"].map((bytes) => ({
      ...{ table: 'journal_seals', set: `${column} = ${bytes}` },
    })),
  ),
  { table: 'journal_seals', set: "entry_id = 'deadbeef-dead-dead-dead-deadbeefdead'" },
  { table: 'journal_seals', set: "key_id = '', signature = ''" },
  { table: 'journal_seals', set: 'sequence = 9223372036854775807' },
  ...["hash = ''", "sealed_at = 'infinity'", 'sequence = 9223372036854775807'].map((set) => ({
    ...{
      table: 'audit_seals',
      set,
      which: 'sequence = (select max(sequence) from ledger.audit_seals where tenant_id = $1)',
    },
  })),
  ...["hash = ''", 'sequence = 9223372036854775807', 'sequence = -1'].flatMap((set) =>
    ['journal_chains', 'audit_chains'].map((table) => ({ table, set, which: 'true' })),
  ),
];

const tables = [...new Set(oddities.map(({ table }) => table))];

const ofNewest: Record<string, string> = {
  journal_entries:
    'id = (select entry_id from ledger.journal_seals where tenant_id = $1 order by sequence desc limit 1)',
  postings:
    'entry_id = (select entry_id from ledger.journal_seals where tenant_id = $1 order by sequence desc limit 1)',
  journal_seals: 'sequence = (select max(sequence) from ledger.journal_seals where tenant_id = $1)',
};

describe('books that somebody has written oddities into', () => {
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  let superuser: pg.Client;
  let tenant: SignedIn;
  beforeAll(async () => {
    platform = await startPlatform({ bus: 'embedded' });
    superuser = new pg.Client({ connectionString: platform.database.adminUrl });
    await superuser.connect();
    await superuser.query('set session_replication_role = replica');
    tenant = await createOutlayClient(platform.gatewayUrl).registerTenant({ currency: 'EUR' });
    for (const key of ['one', 'two', 'three']) expect(await recordOne(tenant, key, '2025-04-10')).toBe(201);
    await eventually(async () => {
      const { body } = await tenant.call('GET', '/ledger/verification');
      expect(body).toMatchObject({ status: 'valid', sealed: 3, audit_unsealed: 0 });
    });
    await dropChecks();
  }, 240_000);
  afterAll(async () => {
    await superuser?.end();
    await platform?.stop();
  });

  /** What keeps a superuser from writing as they please. */
  async function dropChecks(): Promise<void> {
    const { rows } = await superuser.query<{ statement: string }>(
      `select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) as statement from pg_constraint
       where contype = 'c' and coninhcount = 0 and conrelid = any ($1::regclass[])`,
      [tables.map((table) => `ledger.${table}`)],
    );
    for (const { statement } of rows) await superuser.query(statement);
  }

  /** Does something while the row is odd. */
  async function whileOdd(
    { table, set, which = ofNewest[table] }: (typeof oddities)[number],
    act: () => Promise<void>,
  ) {
    await superuser.query(
      `create temp table kept as select * from ledger.${table} where tenant_id = '${tenant.tenantId}'`,
    );
    const { rowCount } = await superuser.query(`update ledger.${table} set ${set} where tenant_id = $1 and ${which}`, [
      tenant.tenantId,
    ]);
    try {
      expect(rowCount).toBeGreaterThan(0);
      await act();
    } finally {
      await superuser.query(`delete from ledger.${table} where tenant_id = '${tenant.tenantId}'`);
      await superuser.query(`insert into ledger.${table} select * from kept; drop table kept`);
    }
  }

  const checkByScript = () =>
    new Promise<unknown>((resolve) => {
      const env = { ...process.env, OUTLAY_TOKEN: tenant.token };
      execFile(process.execPath, [script, '--url', platform.gatewayUrl], { env }, (error) => resolve(error?.code ?? 0));
    });

  it.each(oddities)('are shown, and named: $table, $set', async (oddity) => {
    await whileOdd(oddity, async () => {
      const journal = await tenant.call('GET', '/ledger/journal');
      expect({ status: journal.status, code: journal.body.code }).toEqual({ status: 200 });
      const verification = await tenant.call('GET', '/ledger/verification');
      expect([verification.status, verification.body.status]).toEqual([200, 'broken']);
      expect(await checkByScript()).toBe(oddity.table.startsWith('audit') ? 0 : 1);
    });
  });

  it('are as they were once that is undone', async () => {
    expect(await tenant.call('GET', '/ledger/verification')).toMatchObject({ status: 200, body: { status: 'valid' } });
    expect(await checkByScript()).toBe(0);
  });
});
