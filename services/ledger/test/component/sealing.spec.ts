import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSilentLogger, newId, systemContext, toTenantId } from '@outlay/platform';
import { createTestDatabase, eventually, newTenant, type TestDatabase } from '@outlay/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { type JournalEntry, openingOf, reversalOf } from '../../src/domain/journal-entry.ts';
import { createSealKey } from '../../src/seals/chain/seal-key.ts';
import { sealJournal } from '../../src/seals/seal-journal.ts';
import { createSealer } from '../../src/seals/sealer.ts';
import { verifyJournal } from '../../src/seals/verify-journal.ts';
import { insertEntries } from '../../src/store/journal.ts';
import { createLedgerDatabase, type LedgerDatabase } from '../../src/store/ledger-database.ts';
import { auditNewAccounts } from './driver/audited-accounts.ts';
import { sealKey } from './driver/start-ledger.ts';

const key = createSealKey(sealKey);
let testDatabase: TestDatabase;
let database: LedgerDatabase;
let superuser: pg.Client;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = createLedgerDatabase(testDatabase.urlFor('ledger'), createSilentLogger());
  superuser = new pg.Client({ connectionString: testDatabase.adminUrl });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await database.close();
  await testDatabase.drop();
});

const aTenant = () => systemContext(toTenantId(newTenant().tenantId));
type Tenant = ReturnType<typeof aTenant>;

/** Books opening balances, and the accounts that show them; or takes some back, and has the accounts show none. */
const book = (tenant: Tenant, entries: readonly JournalEntry[]) =>
  database.withTenant(tenant, async (session) => {
    await session.query(
      `insert into tenants (tenant_id, currency, entitlements_version) values ($1, 'EUR', 1) on conflict do nothing`,
      [tenant.tenantId],
    );
    const values = [tenant.tenantId, JSON.stringify(entries.map(toShown))];
    await session.query(
      `insert into accounts (tenant_id, id, name, kind, currency, opening_minor, opening_date, opening_entry_id)
       select $1, row.account, row.account, 'other', 'EUR', row.minor, row.day, row.entry
       from json_to_recordset($2::json) as row (account uuid, minor bigint, day date, entry uuid)
       where row.entry is not null`,
      values,
    );
    await session.query(auditNewAccounts(tenant.tenantId));
    await insertEntries(session, entries);
    await session.query(
      `update accounts set opening_minor = null, opening_date = null, opening_entry_id = null
       from json_to_recordset($2::json) as row (account uuid, entry uuid)
       where accounts.tenant_id = $1 and accounts.id = row.account and row.entry is null`,
      values,
    );
  });

const toShown = ({ id, kind, amount, effectiveDate, postings }: JournalEntry) => ({
  ...{ account: postings[0]!.ledgerAccountId, minor: amount.amountMinor.toString(), day: effectiveDate },
  entry: kind === 'opening' ? id : undefined,
});

/** The opening balance of an account of its own. */
const anEntry = (amountMinor = 100n): JournalEntry =>
  openingOf({ amount: { currency: 'EUR', amountMinor }, date: '2025-01-15' }, { entryId: newId(), accountId: newId() });

const entriesOf = (count: number) => Array.from({ length: count }, () => anEntry());

const seal = (tenant: Tenant, batchSize = 512) => sealJournal({ database, key, batchSize }, tenant.tenantId);

async function sealAll(tenant: Tenant, batchSize = 512): Promise<void> {
  while ((await seal(tenant, batchSize)) !== 0);
}

const verify = (tenant: Tenant, stepSize = 1_000) =>
  verifyJournal({ database, key, clock: () => new Date(), stepSize }, tenant, {});

const isValid = (entries: number) => ({ faults: [], entries, sealed: entries, unsealed: 0, next: undefined });

describe('sealing', () => {
  it('goes on batch by batch, whatever the size of what was written at once', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(25));
    await book(tenant, entriesOf(3));

    expect([await seal(tenant, 10), await seal(tenant, 10), await seal(tenant, 10), await seal(tenant, 10)]).toEqual([
      ...[10, 10, 5, 3],
    ]);

    expect(await verify(tenant)).toMatchObject(isValid(28));
  });

  it('is done once, though many do it at the same moment', async () => {
    const tenant = aTenant();
    for (let count = 0; count < 20; count++) await book(tenant, entriesOf(5));

    const sealed = await Promise.all(Array.from({ length: 12 }, () => seal(tenant, 10)));
    await sealAll(tenant);

    expect(sealed.filter((count) => count === 'busy').length).toBeGreaterThan(0);
    expect(await verify(tenant)).toMatchObject(isValid(100));
  });

  it('is all or nothing: what is cut off half-way is done again', async () => {
    const tenant = aTenant();
    const cutting = setInterval(
      () =>
        superuser.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and usename = 'outlay_ledger' and state = 'idle in transaction'`,
        ),
      20,
    );
    let cuts = 0;
    for (let round = 0; round < 30; round++) {
      await book(tenant, entriesOf(20)).catch(() => undefined);
      await seal(tenant, 15).catch(() => {
        cuts += 1;
      });
    }
    clearInterval(cutting);
    // Cuts that are still on their way come before what is not to be cut.
    await superuser.query('select');
    await sealAll(tenant);

    const { rows } = await superuser.query<{ count: number }>(
      'select count(*)::int as count from ledger.journal_entries where tenant_id = $1',
      [tenant.tenantId],
    );
    expect(cuts).toBeGreaterThan(0);
    expect(await verify(tenant)).toMatchObject(isValid(rows[0]!.count));
  });

  it('goes on behind the farther head where somebody turned the chain back', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(2));
    await sealAll(tenant);
    await superuser.query('update ledger.journal_chains set sequence = 1 where tenant_id = $1', [tenant.tenantId]);
    expect((await verify(tenant)).faults).toMatchObject([{ kind: 'head_mismatch' }]);

    await book(tenant, entriesOf(2));
    await sealAll(tenant);

    expect(await verify(tenant)).toMatchObject(isValid(4));
  });

  it(
    'leaves nothing out, in whatever order tenants book, take back and are sealed',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              who: fc.constantFrom(0, 1),
              what: fc.constantFrom('one', 'many', 'reverse', 'seal', 'verify'),
              size: fc.integer({ min: 1, max: 30 }),
            }),
            { minLength: 5, maxLength: 25 },
          ),
          async (commands) => {
            const tenants = [aTenant(), aTenant()];
            const booked: JournalEntry[][] = [[], []];
            const inForce: JournalEntry[][] = [[], []];
            for (const { who, what, size } of commands) {
              const tenant = tenants[who]!;
              if (what === 'seal') await seal(tenant, size);
              else if (what === 'verify') expect((await verify(tenant, 16 + size)).faults).toEqual([]);
              else {
                const taken = what === 'reverse' ? inForce[who]!.pop() : undefined;
                const made = taken ? [reversalOf(taken, newId())] : entriesOf(what === 'many' ? size : 1);
                await book(tenant, made);
                booked[who]!.push(...made);
                if (!taken) inForce[who]!.push(...made);
              }
            }

            for (const [who, tenant] of tenants.entries()) {
              await sealAll(tenant, 7);
              expect(await verify(tenant, 17)).toMatchObject(isValid(booked[who]!.length));
            }
          },
        ),
        { numRuns: 12 },
      ),
    60_000,
  );
});

describe('a sealer', () => {
  it('works off a backlog in large batches, and lets nobody wait for the end of it', async () => {
    const [first, second] = [aTenant(), aTenant()].toSorted((left, right) => (left.tenantId < right.tenantId ? -1 : 1));
    await book(first!, entriesOf(200));
    await book(second!, entriesOf(1));

    const sealer = createSealer({ database, key, batchSize: 10, logger: createSilentLogger() });
    await sealer.start?.();
    await eventually(async () => {
      expect(await verify(first!)).toMatchObject(isValid(200));
      expect(await verify(second!)).toMatchObject(isValid(1));
    });
    await sealer.stop?.();

    const { rows: batches } = await superuser.query<{ count: number; before: boolean }>(
      `select count(*)::int as count, seal.sealed_at < other.sealed_at as before
       from ledger.journal_seals as seal
       join ledger.journal_seals as other on other.tenant_id = $2
       where seal.tenant_id = $1 group by seal.sealed_at, other.sealed_at order by seal.sealed_at`,
      [first!.tenantId, second!.tenantId],
    );
    expect(batches.map(({ count }) => count)).toEqual([10, 40, 10, 40, 10, 40, 10, 40]);
    expect(batches.filter(({ before }) => before)).toHaveLength(2);
  });
});

describe('a verification', () => {
  it('that runs out of time or finds a hundred faults says where to go on', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(150));
    await sealAll(tenant, 20);
    await superuser.query(
      `begin; set local session_replication_role = replica;
       update ledger.journal_entries set rate = 2 where tenant_id = '${tenant.tenantId}'; commit`,
    );
    const work = { database, key, clock: () => new Date(), stepSize: 40 };

    const first = await verifyJournal(work, tenant, {});
    const second = await verifyJournal(work, tenant, { from: first.next });

    expect(first.next).toBeDefined();
    expect(first.faults.length).toBeGreaterThanOrEqual(100);
    expect(second).toMatchObject({ next: undefined, entries: 150, sealed: 150 });
    const named = [...first.faults, ...second.faults].map(({ sequence }) => Number(sequence));
    expect(named).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));

    const hurried = await verifyJournal({ ...work, budgetMs: 0 }, tenant, {});
    expect(hurried).toMatchObject({ sealed: 40, next: { phase: 'seals' } });
  });

  it('gets through a backlog of entries with a hundred times as many rows of the queue before them', async () => {
    const tenant = aTenant();
    await superuser.query(
      `insert into ledger.journal_unsealed (tenant_id, recorded_at, entry_count)
       select $1, now() - number * interval '1 millisecond', 1 from generate_series(1, 150000) as number`,
      [tenant.tenantId],
    );
    await book(tenant, entriesOf(1_000));

    expect(await verify(tenant)).toMatchObject({ faults: [], entries: 1_000, unsealed: 1_000, next: undefined });
  });

  it('names the same seals in steps of any length, and none beside those that were touched', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(60));
    await sealAll(tenant);
    const move = (from: number, to: number) =>
      `update ledger.journal_seals set sequence = ${to} where tenant_id = '${tenant.tenantId}' and sequence = ${from};`;
    await superuser.query(
      `begin; set local session_replication_role = replica;
       ${move(16, 99)} ${move(17, 16)} ${move(99, 17)}
       update ledger.journal_seals set previous_hash = hash where tenant_id = '${tenant.tenantId}' and sequence in (32, 48);
       commit`,
    );

    for (const stepSize of [32, 33, 48, 1_000]) {
      const { faults } = await verify(tenant, stepSize);

      const named = faults.map(({ kind, sequence }) => `${kind} ${sequence}`);
      expect([stepSize, named]).toEqual([
        stepSize,
        ['reordered 16', 'reordered 17', 'seal_changed 32', 'seal_changed 48'],
      ]);
    }
  });

  it('names a seal that was made to follow another one than that before it, with the key, wherever a step begins', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(20));
    await sealAll(tenant);
    await superuser.query(
      `update ledger.journal_chains set hash = decode(repeat('ab', 32), 'hex') where tenant_id = '${tenant.tenantId}'`,
    );
    await book(tenant, entriesOf(20));
    await sealAll(tenant);

    for (const stepSize of [32, 1_000]) {
      expect((await verify(tenant, stepSize)).faults).toMatchObject([{ kind: 'seal_changed', sequence: 21n }]);
    }
  });

  it('is of the journal of the moment when it began, whatever is booked and sealed before it is done', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(50));
    await sealAll(tenant, 20);
    await book(tenant, entriesOf(30));
    const step = { database, key, clock: () => new Date(), stepSize: 20, budgetMs: 0 };

    let found = await verifyJournal(step, tenant, {});
    for (let count = 0; found.next !== undefined; count++) {
      if (count < 6) await book(tenant, entriesOf(10));
      await seal(tenant, 25);
      found = await verifyJournal(step, tenant, { from: found.next });
      expect(found).toMatchObject({ faults: [], head: { sequence: 50n } });
    }

    expect(found).toMatchObject({ entries: 80, sealed: 50, unsealed: 30, oldestUnsealedAt: expect.any(String) });
    await sealAll(tenant);
    expect(await verify(tenant)).toMatchObject(isValid(140));
  });

  it('still finds what comes in by another way while it goes on', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(50));
    await sealAll(tenant);
    const step = { database, key, clock: () => new Date(), stepSize: 20, budgetMs: 0 };
    const first = await verifyJournal(step, tenant, {});

    await book(tenant, entriesOf(1));
    await superuser.query('delete from ledger.journal_unsealed where tenant_id = $1', [tenant.tenantId]);

    const rest = await verifyJournal({ ...step, budgetMs: 15_000 }, tenant, { from: first.next });
    expect(rest).toMatchObject({
      faults: [{ kind: 'inserted' }],
      entries: 50,
      sealed: 50,
      unsealed: 0,
      next: undefined,
    });
  });

  it('counts what the hands at work have booked and sealed by then', async () => {
    const tenant = aTenant();
    await book(tenant, entriesOf(40));
    let isOver = false;
    const work = async (hand: () => Promise<unknown>) => {
      while (!isOver) await hand();
    };
    const hands = [work(() => book(tenant, entriesOf(3))), work(() => seal(tenant, 25))];

    for (let count = 0; count < 5; count++) {
      const found = await verify(tenant, 16);
      expect(found.faults).toEqual([]);
      expect(found.entries).toBe(found.sealed + found.unsealed);
      expect(found.sealed).toBe(Number(found.head?.sequence ?? 0n));
    }

    isOver = true;
    await Promise.all(hands);
  }, 120_000);
});

describe('a journal that is older than its seals', () => {
  it('is sealed as well', async () => {
    const tenant = aTenant();
    const file = new URL('../../migrations/0103_journal-seals.sql', import.meta.url);
    const [up = '', down = ''] = (await readFile(file, 'utf8')).split('-- Down Migration');
    const asOwner = (statements: string) =>
      superuser.query(`begin; set local role outlay_owner; set local search_path = ledger; ${statements}; commit`);
    await asOwner(down);
    await book(tenant, entriesOf(12));
    await book(tenant, entriesOf(1));

    await asOwner(up);

    expect(await verify(tenant)).toMatchObject({ faults: [], entries: 13, sealed: 0, unsealed: 13 });
    await sealAll(tenant, 5);
    expect(await verify(tenant)).toMatchObject(isValid(13));
  });
});
