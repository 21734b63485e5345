import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { verifyOffline } from './driver/offline.ts';
import { pastTriggers } from './driver/past-triggers.ts';
import { noHeads, sealed, verify } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { type Deed, deeds, type Place } from './driver/tamper.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let untouched: TestTenant;
const tenants = new Map<string, TestTenant>();
beforeAll(async () => {
  ledger = await startLedger();
  superuser = new pg.Client({ connectionString: ledger.database.adminUrl });
  await superuser.connect();
  [untouched] = await Promise.all([
    tenantWithSeals(),
    ...deeds.map(async ({ name }) => tenants.set(name, await tenantWithSeals())),
  ]);
}, 120_000);
afterAll(async () => {
  await superuser.end();
  await ledger.stop();
});

/** Entries 1 to 3 in one batch, 4 and 5 in another: the third and the fifth seal are signed. */
async function tenantWithSeals(): Promise<TestTenant> {
  const tenant = await ledger.tenant();
  const owner = pg.escapeLiteral(tenant.tenantId);
  for (const count of [3, 2]) {
    const holder = new pg.Client({ connectionString: ledger.database.adminUrl });
    await holder.connect();
    await holder.query(`insert into ledger.journal_chains (tenant_id) values (${owner}) on conflict do nothing`);
    await holder.query(`begin; select from ledger.journal_chains where tenant_id = ${owner} for update`);
    for (let made = 0; made < count; made++) await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
    await holder.query('commit');
    await holder.end();
    await sealed(ledger, tenant);
  }
  return tenant;
}

async function commit({ run }: Deed, tenant: TestTenant): Promise<Place> {
  const { rows } = await superuser.query(
    `select entry_id, to_char(entry_recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as recorded_at
     from ledger.journal_seals where tenant_id = $1 and sequence = 3`,
    [tenant.tenantId],
  );
  const at = { tenantId: tenant.tenantId, entryId: rows[0].entry_id, recordedAt: rows[0].recorded_at };
  await pastTriggers(superuser, () => run(superuser, at));
  return at;
}

describe('a superuser who', () => {
  it.each(deeds.map((deed) => [deed.name, deed] as const))('%s is found out', async (name, deed) => {
    const tenant = tenants.get(name)!;
    expect((await verify(ledger, tenant)).faults).toEqual([]);

    const { entryId } = await commit(deed, tenant);

    const online = await verify(ledger, tenant);
    const offline = await verifyOffline(ledger, tenant);
    const wanted = expect.objectContaining({ kind: expect.stringMatching(deed.kinds.join('|')) });
    expect(online.faults).toContainEqual(wanted);
    expect(offline.faults).toContainEqual(wanted);
    if (!deed.nameless) {
      expect(online.faults.map((fault) => fault.entryId)).toContain(entryId);
      expect(offline.faults.map((fault) => fault.entry_id)).toContain(entryId);
    }
    // Whoever is not concerned is not named; the expense that shows the entry is.
    const ofExpenses = online.faults.filter((fault) => fault.expenseId !== '');
    expect(ofExpenses.length).toBeLessThanOrEqual(1);
    expect(online.faults.length - ofExpenses.length).toBeLessThanOrEqual(3);
    expect(offline.faults.length).toBeLessThanOrEqual(3);
  });

  it('does so in one tenant’s books leaves the others’ as they are', async () => {
    expect(await verify(ledger, untouched)).toMatchObject({ faults: [], entries: 5n, sealed: 5n });
    expect(await verifyOffline(ledger, untouched)).toEqual({ status: 'valid', faults: [] });
  });
});

describe('a superuser who cuts the chain with all that it is of and makes the ledger forget it', () => {
  it('is found out by a head that was kept', async () => {
    const tenant = await tenantWithSeals();
    const { head } = await verify(ledger, tenant);
    await commit(
      {
        name: '',
        kinds: [],
        run: async (client, { tenantId }) => {
          await client.query(
            'delete from ledger.journal_entries where tenant_id = $1 and id in (select entry_id from ledger.journal_seals where tenant_id = $1 and sequence > 3)',
            [tenantId],
          );
          await client.query(
            'delete from ledger.postings where tenant_id = $1 and entry_id in (select entry_id from ledger.journal_seals where tenant_id = $1 and sequence > 3)',
            [tenantId],
          );
          await client.query(
            'delete from ledger.expenses where tenant_id = $1 and entry_id in (select entry_id from ledger.journal_seals where tenant_id = $1 and sequence > 3)',
            [tenantId],
          );
          await client.query('delete from ledger.journal_seals where tenant_id = $1 and sequence > 3', [tenantId]);
          await client.query(
            'update ledger.journal_chains as chain set sequence = seal.sequence, hash = seal.hash from ledger.journal_seals as seal where chain.tenant_id = $1 and seal.tenant_id = $1 and seal.sequence = 3',
            [tenantId],
          );
        },
      },
      tenant,
    );
    const kept = { sequence: head!.sequence, hash: head!.hash };
    const missing = { kind: 'seal_missing', sequence: 4n };

    expect((await verify(ledger, tenant)).faults).toEqual([]);
    expect((await verify(ledger, tenant, kept)).faults).toMatchObject([missing]);
    const args = ['--sequence', String(kept.sequence), '--hash', kept.hash];
    expect((await verifyOffline(ledger, tenant, ...args)).faults).toMatchObject([{ ...missing, sequence: 4 }]);

    for (let made = 0; made < 2; made++) await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
    await sealed(ledger, tenant);

    const other = { kind: 'head_mismatch', sequence: 5n };
    expect((await verify(ledger, tenant, kept)).faults).toMatchObject([other]);
    expect((await verifyOffline(ledger, tenant, ...args)).faults).toMatchObject([{ ...other, sequence: 5 }]);
  });
});

describe('a superuser who puts in thousands of postings without an entry', () => {
  const count = 6_000;
  const limit = 50;
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await tenantWithSeals();
    await pastTriggers(superuser, () =>
      superuser.query(
        `insert into ledger.postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
       select $1, gen_random_uuid(), 1, now() + (number / 1000) * interval '1 microsecond', gen_random_uuid(), 'EUR', 0
       from generate_series(1, $2) as number`,
        [tenant.tenantId, count],
      ),
    );
  });

  it('is named for each of them, by answers that stay short', async () => {
    const named = new Set<string>();
    for (let cursor: string | undefined; cursor !== ''; ) {
      const answer = await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: cursor ?? '' });
      expect(answer.faults.length).toBeLessThan(200);
      for (const { entryId } of answer.faults) {
        expect(named).not.toContain(entryId);
        named.add(entryId);
      }
      if (answer.nextCursor === '') expect(answer).toMatchObject({ entries: 5n, sealed: 5n, unsealed: 0n });
      cursor = answer.nextCursor;
    }

    expect(named.size).toBe(count);
  });

  it('makes no page of the journal longer than it was asked for', async () => {
    const listed = new Set<string>();
    for (let cursor: string | undefined; cursor !== ''; ) {
      const { items, page } = await ledger.client.listJournal(tenant.owner, { page: { limit, cursor: cursor ?? '' } });
      expect(items.length).toBeLessThanOrEqual(limit);
      for (const { entry } of items) listed.add(entry!.id);
      cursor = page!.nextCursor;
    }

    expect(listed.size).toBe(5 + count);
  });
});
