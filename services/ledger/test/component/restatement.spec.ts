import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue } from '@outlay/contracts';
import { createSilentLogger, newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { workOffRestatement } from '../../src/rates/work-off-restatement.ts';
import { createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { booksOf } from './driver/books.ts';
import { ratesOf } from './driver/rates.ts';
import { noHeads } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let rates: ReturnType<typeof ratesOf>;
let books: ReturnType<typeof booksOf>;
beforeAll(async () => {
  ledger = await startLedger();
  rates = ratesOf(ledger);
  books = booksOf(ledger);
});
afterAll(() => ledger.stop());

const entries = (tenant: TestTenant, expenseId: string) =>
  ledger.query(
    `select entry.kind, entry.effective_date::text as day, entry.rate::text, array_agg(posting.amount_minor::int order by posting.line) as amounts
     from ledger.journal_entries as entry
     join ledger.postings as posting on posting.tenant_id = entry.tenant_id and posting.entry_id = entry.id
       and posting.recorded_at = entry.recorded_at
     where entry.tenant_id = $1 and entry.expense_id = $2
     group by entry.recorded_at, entry.kind, entry.effective_date, entry.rate, entry.id
     order by entry.recorded_at, entry.kind = 'restatement'`,
    [tenant.tenantId, expenseId],
  );

const trialBalance = async (tenant: TestTenant, knownAsOf?: string) => {
  const { totals } = await books.trialBalance(tenant.owner, knownAsOf === undefined ? {} : { knownAsOf });
  return totals;
};

describe('a rate that is corrected', () => {
  it('has what was booked at it reversed and booked anew for the same day, and the old figures stay known', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2024-03-01');
    const before = await rates.book(tenant, 10_000n, 'USD', '2024-03-02');
    const then = await books.now();
    const correction = { ...tenant.admin, requestId: newId() };

    await ledger.client.correctExchangeRate(correction, { exchangeRateId: rateId, rate: '0.8', provider: 'Treasury' });
    await rates.settled(tenant);

    const after = await rates.expense(tenant, before.id);
    expect(after).toEqual({
      ...before,
      ...{
        booked: { currency: 'EUR', amountMinor: 8_000n },
        rate: { rate: '0.8', source: 'tenant', date: '2024-03-01' },
      },
      ...{ version: 2n, entryId: expect.not.stringContaining(before.entryId), updatedAt: expect.any(Date) },
    });
    expect(await entries(tenant, before.id)).toEqual([
      { kind: 'expense', day: '2024-03-02', rate: '0.9', amounts: [9_000, -9_000] },
      { kind: 'reversal', day: '2024-03-02', rate: '0.9', amounts: [-9_000, 9_000] },
      { kind: 'restatement', day: '2024-03-02', rate: '0.8', amounts: [8_000, -8_000] },
    ]);
    const spent = async (knownAsOf?: string) => {
      const { accounts } = await books.balances(tenant.owner, knownAsOf === undefined ? {} : { knownAsOf });
      return accounts.find(({ account }) => account?.name === 'Uncategorised')?.balances[0]?.balanceMinor;
    };
    expect([await spent(then), await spent()]).toEqual(['9000', '8000']);

    const event = (await ledger.events(tenant.tenantId)).find(
      ({ type }) => type === 'outlay.ledger.expense.restated.v1',
    )!;
    expect(event).toMatchObject({ subject: before.id, aggregateversion: 2 });
    expect(catalogue['outlay.ledger.expense.restated.v1'].codec.fromJSON(event.data)).toEqual({
      ...{ expense: after, previousBooked: before.booked, previousRate: before.rate },
    });
    const { entries: trail } = await ledger.client.listAuditEntries(tenant.owner, {
      ...{ entity: 'expense', entityId: before.id, actorId: '', from: undefined, to: undefined, page: undefined },
    });
    expect(trail[0]).toMatchObject({
      ...{ action: 'expense.restated', actorKind: 'service', actorId: 'system', requestId: correction.requestId },
    });
    expect((await rates.restatements(tenant))[0]).toMatchObject({
      ...{ cause: 'tenant_rate', causeId: rateId, status: 'completed', checked: 1, restated: 1 },
      ...{ dateFrom: '2024-03-01', dateTo: '2024-03-08' },
    });
  });

  it('by the European Central Bank is so for every tenant that booked at it, and for nothing else', async () => {
    const [one, two, american] = [
      await ledger.tenant(),
      await ledger.tenant({ currency: 'GBP' }),
      await ledger.tenant({ currency: 'USD' }),
    ];
    const day = '2015-06-01';
    await rates.publish({ day, rates: { USD: '1.25', GBP: '0.5' } });
    const [first, second] = [await rates.book(one, 1_000n, 'USD', day), await rates.book(two, 1_000n, 'USD', day)];
    const given = await ledger.client.recordExpense(one.owner, {
      input: anExpense({ amount: { currency: 'USD', amountMinor: 1_000n }, expenseDate: day, exchangeRate: '0.8' }),
    });
    const own = await ledger.client.recordExpense(american.owner, {
      input: anExpense({ amount: { currency: 'USD', amountMinor: 1_000n }, expenseDate: day }),
    });
    const later = await rates.book(one, 1_000n, 'USD', '2015-06-03');

    await rates.publish({ day, rates: { USD: '1.6', GBP: '0.5' } });
    await Promise.all([rates.settled(one), rates.settled(two)]);

    expect(await rates.expense(one, first.id)).toMatchObject({ booked: { amountMinor: 625n }, version: 2n });
    expect(await rates.expense(one, later.id)).toMatchObject({ booked: { amountMinor: 625n }, rate: { date: day } });
    expect(await rates.expense(two, second.id)).toMatchObject({
      booked: { amountMinor: 312n },
      rate: { rate: '0.3125' },
    });
    expect(await rates.expense(one, given.expense!.id)).toEqual(given.expense);
    expect(await rates.expense(american, own.expense!.id)).toEqual(own.expense);
    expect(await rates.restatements(american)).toEqual([]);
    expect((await rates.restatements(one))[0]).toMatchObject({ cause: 'platform_import', checked: 2, restated: 2 });
  });

  it('by the European Central Bank is so where it was in force on days after it alone', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const day = '2013-06-03';
    await rates.publish({ day, rates: { USD: '1.25' } });
    const [last, given] = [
      // The seventh day after it is the last that it counts for.
      await rates.book(tenant, 1_000n, 'USD', '2013-06-10'),
      await ledger.client.recordExpense(other.owner, {
        input: anExpense({
          ...{ amount: { currency: 'USD', amountMinor: 1_000n }, expenseDate: '2013-06-10', exchangeRate: '0.8' },
        }),
      }),
    ];

    await rates.publish({ day, rates: { USD: '1.6' } });
    await rates.settled(tenant);

    expect(await rates.expense(tenant, last.id)).toMatchObject({ booked: { amountMinor: 625n }, rate: { date: day } });
    expect(await rates.expense(other, given.expense!.id)).toEqual(given.expense);
  });

  it('is also one of a nearer day that says the same', async () => {
    const tenant = await ledger.tenant();
    await rates.set(tenant, 'USD', 'EUR', '0.9', '2005-03-01');
    const before = await rates.book(tenant, 1_000n, 'USD', '2005-03-03');

    await rates.set(tenant, 'USD', 'EUR', '0.9', '2005-03-02');
    await rates.settled(tenant);

    expect(await rates.expense(tenant, before.id)).toMatchObject({
      ...{ version: 2n, booked: before.booked, rate: { ...before.rate, date: '2005-03-02' } },
    });
  });

  it('counts the same whether it is corrected, comes late, or gives way to another list', async () => {
    const tenant = await ledger.tenant();
    await rates.publish({ day: '2014-06-02', rates: { USD: '1.25' } });
    const { id } = await rates.book(tenant, 1_000n, 'USD', '2014-06-04');
    const state = async () => {
      await rates.settled(tenant);
      const { booked, rate } = await rates.expense(tenant, id);
      return [booked!.amountMinor, rate!.source, rate!.date];
    };

    await rates.publish({ day: '2014-06-04', rates: { USD: '1.6' } });
    expect(await state()).toEqual([625n, 'platform', '2014-06-04']);
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.7', '2014-06-03');
    expect(await state()).toEqual([700n, 'tenant', '2014-06-03']);
    await rates.withdraw(tenant, rateId);
    expect(await state()).toEqual([625n, 'platform', '2014-06-04']);
    await rates.set(tenant, 'USD', 'EUR', '0.5', '2014-06-05');
    expect(await state()).toEqual([625n, 'platform', '2014-06-04']);
  });

  it('leaves an expense as it is when it is withdrawn and no other is in force', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2009-03-02');
    const before = await rates.book(tenant, 1_000n, 'USD', '2009-03-02');

    await rates.withdraw(tenant, rateId);
    await rates.settled(tenant);

    expect(await rates.expense(tenant, before.id)).toEqual(before);
    expect((await rates.restatements(tenant))[0]).toMatchObject({
      ...{ status: 'completed', checked: 1, restated: 0 },
      ...{ leftOut: 1, leftOutExpenses: [{ expenseId: before.id, reason: 'no_rate' }] },
    });
  });

  it('leaves out what was reversed, and what leaves the books later', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2009-04-01');
    const [gone, kept] = [
      await rates.book(tenant, 1_000n, 'USD', '2009-04-01'),
      await rates.book(tenant, 2_000n, 'USD', '2009-04-01'),
    ];
    await ledger.client.reverseExpense(tenant.owner, { expenseId: gone.id });

    await rates.correct(tenant, rateId, '0.5');
    await rates.settled(tenant);
    await ledger.client.reverseExpense(tenant.owner, { expenseId: kept.id });

    expect((await entries(tenant, gone.id)).map(({ kind }) => kind)).toEqual(['expense', 'reversal']);
    const { accounts } = await books.balances(tenant.owner);
    expect(accounts.flatMap(({ balances }) => balances).every(({ balanceMinor }) => balanceMinor === '0')).toBe(true);
  });

  it('keeps what left an account that is kept in the currency that was paid', async () => {
    const tenant = await ledger.tenant();
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: 'NY', kind: 'bank', currency: 'USD', openingBalance: undefined },
    });
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2009-05-04');
    const { expense } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({
        ...{ amount: { currency: 'USD', amountMinor: 1_000n }, expenseDate: '2009-05-04', accountId: account!.id },
      }),
    });

    await rates.correct(tenant, rateId, '0.5');
    await rates.settled(tenant);

    const restated = (await entries(tenant, expense!.id)).at(-1);
    expect(restated).toMatchObject({ kind: 'restatement', amounts: [500, -500, 1_000, -1_000] });
    for (const { debitsMinor, creditsMinor } of await trialBalance(tenant)) expect(debitsMinor).toBe(creditsMinor);
    await eventually(async () => {
      const verified = await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: '' });
      expect(verified).toMatchObject({ faults: [], unsealed: 0n, nextCursor: '' });
    });
  });
});

describe('drawing the consequences', () => {
  it('goes on after crashes, in any number of processes, and restates each expense once', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2008-01-01');
    const booked = await Promise.all(
      Array.from({ length: 23 }, (_, index) => rates.book(tenant, BigInt(1_000 + index), 'USD', '2008-01-02')),
    );
    const database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
    try {
      await rates.correct(tenant, rateId, '0.5');
      const { id } = (await rates.restatements(tenant))[0]!;
      let crashes = 0;
      const failing: typeof database = {
        ...database,
        withTenant: (context, work, options) =>
          database.withTenant(
            context,
            async (session) => {
              const done = await work(session);
              // The process dies before the commit of every other batch.
              if (crashes++ % 2 === 0) throw new Error('crashed');
              return done;
            },
            options,
          ),
      };
      const work = { logger: createSilentLogger(), batchSize: 3 };
      const attempt = (on: typeof database) =>
        workOffRestatement({ ...work, database: on }, toTenantId(tenant.tenantId), id).catch(() => undefined);
      await Promise.all(Array.from({ length: 6 }, (_, index) => attempt(index % 2 === 0 ? failing : database)));
      await rates.settled(tenant);
    } finally {
      await database.close();
    }

    for (const { id } of booked) {
      expect((await entries(tenant, id)).map(({ kind }) => kind)).toEqual(['expense', 'reversal', 'restatement']);
    }
    expect((await rates.restatements(tenant))[0]).toMatchObject({ checked: 23, restated: 23 });
  });

  it('is taken up again where its job is gone', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2008-02-01');
    const { id } = await rates.book(tenant, 1_000n, 'USD', '2008-02-01');
    await rates.correct(tenant, rateId, '0.5');
    await rates.settled(tenant);
    // As if the process that was to do it had never got there.
    await ledger.query(
      `update ledger.restatements set status = 'pending', after_date = '-infinity', finished_at = null,
         progressed_at = now() - interval '1 hour' where tenant_id = $1`,
      [tenant.tenantId],
    );

    await rates.runJob('tend_rates');
    await rates.settled(tenant);

    expect((await entries(tenant, id)).map(({ kind }) => kind)).toEqual(['expense', 'reversal', 'restatement']);
  });

  it('reaches a booking that read the rate before the correction and committed after it', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2008-03-03');
    const holder = new pg.Client({ connectionString: ledger.database.adminUrl });
    await holder.connect();
    let booking: ReturnType<typeof rates.book>;
    try {
      await holder.query('begin; lock table ledger.expenses in exclusive mode');
      booking = rates.book(tenant, 1_000n, 'USD', '2008-03-03');
      booking.catch(() => undefined);
      await eventually(async () => {
        const waiting = await ledger.query(
          `select from pg_locks where relation = 'ledger.expenses'::regclass and not granted`,
        );
        expect(waiting.length).toBeGreaterThan(0);
      });
      await rates.correct(tenant, rateId, '0.5');
    } finally {
      await holder.query('rollback');
      await holder.end();
    }
    const { id, booked } = await booking;
    expect(booked).toEqual({ currency: 'EUR', amountMinor: 900n });
    expect(await rates.restatements(tenant)).toEqual([]);

    await rates.runJob('check_rates');

    expect(await rates.expense(tenant, id)).toMatchObject({ booked: { amountMinor: 500n }, version: 2n });
    expect(await rates.unchecked(tenant)).toEqual([]);
  });

  it('comes to the same whatever is booked and edited meanwhile', async () => {
    const tenant = await ledger.tenant();
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2008-04-01');
    const first = await rates.book(tenant, 1_000n, 'USD', '2008-04-01');

    await Promise.all([
      ...Array.from({ length: 20 }, () => rates.book(tenant, 1_000n, 'USD', '2008-04-02')),
      ...Array.from({ length: 5 }, (_, index) => rates.correct(tenant, rateId, `0.${index + 1}`)),
      ...Array.from({ length: 5 }, (_, index) =>
        ledger.client.editExpense(tenant.owner, {
          expenseId: first.id,
          input: anExpense({ title: `Edit ${index}`, expenseDate: `2008-04-0${index + 1}` }),
          updateMask: ['title', 'expense_date'],
        }),
      ),
    ]);
    await rates.settled(tenant);
    await rates.runJob('check_rates');

    const { exchangeRate } = await ledger.client.getExchangeRate(tenant.owner, { exchangeRateId: rateId });
    const wrong = await ledger.query(
      `select id from ledger.expenses where tenant_id = $1 and (rate <> $2::numeric or booked_amount_minor <> 1000 * $2::numeric)`,
      [tenant.tenantId, exchangeRate!.rate],
    );
    expect(wrong).toEqual([]);
    const [sum] = (await books.balances(tenant.owner)).accounts
      .filter(({ account }) => account?.name === 'Uncategorised')
      .flatMap(({ balances }) => balances);
    expect(sum!.balanceMinor).toBe(String(Math.round(21 * Number(exchangeRate!.rate) * 1_000)));
  });
});
