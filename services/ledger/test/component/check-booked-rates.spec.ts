import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSilentLogger, type Database, type Logger } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { isJobWaiting } from '../../src/imports/import-store.ts';
import { checkBookedRates } from '../../src/rates/check-booked-rates.ts';
import { spreadPlatformRates } from '../../src/rates/spread-platform-rates.ts';
import { createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { ratesOf } from './driver/rates.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

/** What a check complains of: it goes on all the same. */
const complaints: unknown[] = [];
const logger = {
  ...createSilentLogger(),
  error: (complaint: unknown) => complaints.push(complaint),
} as unknown as Logger;
let ledger: TestLedger;
let rates: ReturnType<typeof ratesOf>;
/** Two processes that check. */
let databases: [Database, Database];
beforeAll(async () => {
  ledger = await startLedger();
  rates = ratesOf(ledger);
  const connect = () => createLedgerDatabase(ledger.database.urlFor('ledger'), logger);
  databases = [connect(), connect()];
});
afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  for (const database of databases) await database.close();
  await ledger.stop();
});

/** At 0.9 it can be booked in euros, and at 2 it cannot. */
const huge = 900_000_000_000_000n;

/** Expenses that the books cannot hold at the rate that is in force now. */
async function bookedAtOldRate(tenant: TestTenant, count: number, day = '2007-06-01'): Promise<string[]> {
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const inputs = Array.from({ length: count }, () =>
    anExpense({ amount: { currency: 'USD', amountMinor: huge }, expenseDate: day }),
  );
  const { rows } = await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
  await rates.correct(tenant, rateId, '2');
  await rates.settled(tenant);
  return rows.map(({ expense }) => expense!.id);
}

/** Has expenses looked at as if they had been committed only now; the ledger's own timer may come first to do it. */
const queue = (tenant: TestTenant, ids: readonly string[]) =>
  ledger.query('insert into ledger.rate_checks (tenant_id, expense_id) select $1, unnest($2::uuid[])', [
    ...[tenant.tenantId, ids],
  ]);

const leftOut = async (tenant: TestTenant): Promise<string[]> => {
  const rows = await ledger.query<{ entity_id: string }>(
    `select entity_id from ledger.audit_entries where tenant_id = $1 and action = 'rate_check.expense_left_out'`,
    [tenant.tenantId],
  );
  return rows.map((row) => row.entity_id).toSorted();
};

const check = (index: 0 | 1): Promise<number> => checkBookedRates({ database: databases[index], logger });

/** Does something while somebody else has an expense in hand, who lets go of it after. */
const whileHeld = (expenseId: string, work: (holder: pg.Client) => Promise<void>): Promise<void> =>
  whileLocked(`select from ledger.expenses where id = '${expenseId}' for no key update`, work);

async function whileLocked(statement: string, work: (holder: pg.Client) => Promise<void>): Promise<void> {
  const holder = new pg.Client({ connectionString: ledger.database.adminUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query(statement);
    await work(holder);
  } finally {
    await holder.query('commit');
    await holder.end();
  }
}

/** Until so many wait for what somebody else has in hand. */
const waitersAre = (count: number) =>
  eventually(async () => {
    const waiting = await ledger.query(
      `select pid from pg_stat_activity
       where usename = 'outlay_ledger' and datname = current_database() and wait_event_type = 'Lock'`,
    );
    expect(waiting).toHaveLength(count);
  });

describe('two checks of booked rates at once', () => {
  it('name in the audit trail once what cannot be restated', async () => {
    const tenant = await ledger.tenant();
    const ids = await bookedAtOldRate(tenant, 30);
    await queue(tenant, ids);

    await Promise.all([check(0), check(1)]);

    await eventually(async () => expect(await rates.unchecked(tenant)).toEqual([]));
    expect(await leftOut(tenant)).toEqual(ids.toSorted());
  });

  it('are not at work for one tenant: the second passes over what the first has in hand, and waits for nobody', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const [ids, others] = [await bookedAtOldRate(tenant, 3), await bookedAtOldRate(other, 2)];
    let first: Promise<number> | undefined;
    await whileHeld(ids[1]!, async () => {
      await queue(tenant, ids);
      await queue(other, others);
      first = check(0);
      first.catch(() => undefined);
      await waitersAre(1);

      await check(1);

      await eventually(async () => expect(await leftOut(other)).toEqual(others.toSorted()));
      expect(await leftOut(tenant)).toEqual([]);
      await waitersAre(1);
    });
    await first;

    await eventually(async () => expect(await rates.unchecked(tenant)).toEqual([]));
    expect(await leftOut(tenant)).toEqual(ids.toSorted());
  });
});

describe('a check of booked rates', () => {
  it('says nothing of an expense that a restatement has looked at meanwhile', async () => {
    const tenant = await ledger.tenant();
    const [seen, kept] = (await bookedAtOldRate(tenant, 2)).toSorted() as [string, string];
    let checking: Promise<number> | undefined;
    await whileHeld(seen, async (holder) => {
      await queue(tenant, [seen, kept]);
      checking = check(0);
      checking.catch(() => undefined);
      await waitersAre(1);
      await holder.query('delete from ledger.rate_checks where tenant_id = $1 and expense_id = $2', [
        ...[tenant.tenantId, seen],
      ]);
    });
    await checking;

    await eventually(async () => expect(await rates.unchecked(tenant)).toEqual([]));
    expect(await leftOut(tenant)).toEqual([kept]);
  });

  it('leaves alone what was taken out of the books before its rate was corrected', async () => {
    const tenant = await ledger.tenant();
    const day = '2007-07-02';
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
    const { id } = await rates.book(tenant, 1_000n, 'USD', day);
    await ledger.client.reverseExpense(tenant.owner, { expenseId: id });
    const before = await rates.expense(tenant, id);
    await rates.correct(tenant, rateId, '0.5');
    await queue(tenant, [id]);

    await check(0);

    await eventually(async () => expect(await rates.unchecked(tenant)).toEqual([]));
    expect(await rates.expense(tenant, id)).toEqual(before);
    expect(await leftOut(tenant)).toEqual([]);
  });

  it('does not keep others waiting for the end of a long one', async () => {
    const [first, second] = [await ledger.tenant(), await ledger.tenant()].toSorted((a, b) =>
      a.tenantId < b.tenantId ? -1 : 1,
    ) as [TestTenant, TestTenant];
    const [long, short] = [await bookedAtOldRate(first, 2), await bookedAtOldRate(second, 1)];
    let checking: Promise<number> | undefined;
    await whileHeld(long[1]!, async () => {
      // More than one batch; what is held is in the second.
      await queue(first, [...Array(200).fill(long[0]), long[1]!]);
      await queue(second, short);
      checking = check(0);
      checking.catch(() => undefined);
      await waitersAre(1);

      await eventually(async () => expect(await leftOut(second)).toEqual(short));
    });
    await checking;

    await eventually(async () => expect(await rates.unchecked(first)).toEqual([]));
  });
});

describe('the job that checks booked rates each minute', () => {
  it('has one at work and one that waits, however long that takes', async () => {
    const tenant = await ledger.tenant();
    const [id] = (await bookedAtOldRate(tenant, 1)) as [string];
    await whileHeld(id, async () => {
      await queue(tenant, [id]);
      await addAsTimed('check_rates');
      await waitersAre(1);
      await addAsTimed('check_rates');
      await addAsTimed('check_rates');
      // Any worker that is free would have taken those before this one.
      await rates.runJob('tend_rates');

      expect(await jobsOf('check_rates')).toEqual([{ isAtWork: false }, { isAtWork: true }]);
      // Imports need not make room for it.
      expect(await isJobWaiting(databases[0])).toBe(false);
      await waitersAre(1);
    });

    await eventually(async () => expect(await jobsOf('check_rates')).toEqual([]), { timeoutMs: 30_000 });
    expect(await leftOut(tenant)).toEqual([id]);
  });
});

describe('the job that tells tenants of an import of rates', () => {
  it('is one, however long it takes, and nobody is told twice', async () => {
    const tenant = await ledger.tenant();
    const day = '2016-03-01';
    await rates.publish({ day, rates: { USD: '1.25' } });
    await rates.settled(tenant);
    await rates.book(tenant, 1_000n, 'USD', day);
    await whileLocked('lock table ledger.restatements in share row exclusive mode', async () => {
      await rates.publish({ day, rates: { USD: '1.6' } });
      await waitersAre(1);
      await ledger.query(`update ledger.platform_rate_imports set recorded_at = now() - interval '1 hour'
        where spread_at is null`);

      for (let minute = 0; minute < 3; minute++) await rates.runJob('tend_rates');

      expect(await jobsOf('spread_platform_rates')).toEqual([{ isAtWork: false }, { isAtWork: true }]);
    });

    await rates.settled(tenant);
    await eventually(async () => expect(await jobsOf('spread_platform_rates')).toEqual([]));
    expect(await rates.restatements(tenant)).toHaveLength(1);
  });

  it('is over where all have been told', async () => {
    const tenant = await ledger.tenant();
    const day = '2016-04-01';
    await rates.publish({ day, rates: { USD: '1.25' } });
    await rates.settled(tenant);
    await rates.book(tenant, 1_000n, 'USD', day);
    const [told] = await ledger.query<{ id: string }>(
      'select id from ledger.platform_rate_imports order by recorded_at desc limit 1',
    );

    await spreadPlatformRates({ database: databases[0], isReady: () => true }, told!.id);

    expect(await rates.restatements(tenant)).toEqual([]);
  });
});

/** Adds a job as its timer would: one is at work at a time, and one waits. */
const addAsTimed = (task: string) =>
  ledger.query('select from ledger_jobs.add_job($1, job_key => $1, queue_name => $1)', [task]);

const jobsOf = (task: string) =>
  ledger.query<{ isAtWork: boolean }>(
    `select locked_at is not null as "isAtWork" from ledger_jobs.jobs where task_identifier = $1 order by 1`,
    [task],
  );
