import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { booksOf } from './driver/books.ts';
import { ratesOf } from './driver/rates.ts';
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

const currencies = ['USD', 'GBP', 'JPY', 'KWD'] as const;

/** What may happen, on days of a window that each run has for itself. */
type Command =
  | { kind: 'book'; currency: string; amountMinor: bigint; day: number }
  | { kind: 'edit'; which: number; day: number }
  | { kind: 'reverse'; which: number }
  | { kind: 'set'; currency: string; isTurned: boolean; rate: string; day: number }
  | { kind: 'withdraw'; which: number }
  | { kind: 'publish'; currency: string; rate: string; day: number };

const day = fc.integer({ min: 0, max: 12 });
const currency = fc.constantFrom(...currencies);
const rate = fc.integer({ min: 1, max: 9_999_999 }).map((tenThousandths) => (tenThousandths / 10_000).toFixed(4));
const which = fc.nat(20);
const amountMinor = fc.bigInt({ min: -5_000_000n, max: 5_000_000n }).filter((minor) => minor !== 0n);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('book'), currency, amountMinor, day }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('edit'), which, day }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reverse'), which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set'), currency, isTurned: fc.boolean(), rate, day }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw'), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('publish'), currency, rate, day }) },
) as fc.Arbitrary<Command>;

let window = 0;

/** Days that no other run uses, with a rate of each currency on the first, so that there is always one in force. */
async function newWindow(): Promise<(index: number) => string> {
  const start = Date.UTC(2000, 0, 3 + 40 * window++);
  const dayOf = (index: number) => new Date(start + index * 86_400_000).toISOString().slice(0, 10);
  const all = Object.fromEntries(currencies.map((code, index) => [code, `${index + 1}.25`]));
  await rates.publish({ day: dayOf(0), rates: all }, { day: dayOf(6), rates: all });
  return dayOf;
}

/** What people do in one tenant, some of it at once. */
function actorOf(tenant: TestTenant, dayOf: (index: number) => string) {
  const expenseIds: string[] = [];
  const rateIds = new Map<string, string>();

  async function set({ currency: code, isTurned, rate: text, day: index }: Extract<Command, { kind: 'set' }>) {
    const [base, quote] = isTurned ? ['EUR', code] : [code, 'EUR'];
    const place = `${base} ${quote} ${dayOf(index)}`;
    const known = rateIds.get(place);
    if (known !== undefined) await rates.correct(tenant, known, text);
    else rateIds.set(place, (await rates.set(tenant, base, quote, text, dayOf(index))).id);
  }

  async function withdraw(index: number) {
    const [place, id] = [...rateIds].at(index % Math.max(1, rateIds.size)) ?? [];
    if (place === undefined || id === undefined) return;
    rateIds.delete(place);
    await rates.withdraw(tenant, id);
  }

  const chosen = (index: number) => expenseIds[index % Math.max(1, expenseIds.length)];

  return {
    expenseIds,
    async change(one: Command): Promise<void> {
      if (one.kind === 'set') await set(one);
      if (one.kind === 'withdraw') await withdraw(one.which);
      if (one.kind === 'publish') {
        await rates.publish({ day: dayOf(one.day), rates: { [one.currency]: one.rate } });
      }
    },
    async spend(one: Command): Promise<void> {
      if (one.kind === 'book') {
        expenseIds.push((await rates.book(tenant, one.amountMinor, one.currency, dayOf(one.day))).id);
      }
      const expenseId = 'which' in one ? chosen(one.which) : undefined;
      if (expenseId === undefined) return;
      const { status } = await rates.expense(tenant, expenseId);
      if (status === 'reversed') return;
      if (one.kind === 'reverse') await ledger.client.reverseExpense(tenant.owner, { expenseId });
      if (one.kind === 'edit') {
        await ledger.client.editExpense(tenant.owner, {
          expenseId,
          input: anExpense({ expenseDate: dayOf(one.day) }),
          updateMask: ['expense_date'],
        });
      }
    },
  };
}

/** Books in a new tenant what another has in its books, with the lists as they are at the end. */
async function bookedAfresh(tenant: TestTenant): Promise<TestTenant> {
  const fresh = await ledger.tenant();
  await ledger.query(
    `insert into ledger.exchange_rates (
       tenant_id, rate_date, base_currency, quote_currency, revision, id, rate, provider, actor_kind, actor_id
     )
     select distinct on (rate_date, base_currency, quote_currency)
       $2::uuid, rate_date, base_currency, quote_currency, 1, id, rate, provider, actor_kind, actor_id
     from ledger.exchange_rates where tenant_id = $1
     order by rate_date, base_currency, quote_currency, revision desc`,
    [tenant.tenantId, fresh.tenantId],
  );
  for (const { currency: code, minor, day: on } of await posted(tenant)) {
    await rates.book(fresh, BigInt(minor), code, on);
  }
  return fresh;
}

interface Posted extends Record<string, unknown> {
  currency: string;
  minor: string;
  day: string;
}

/** What is in a tenant's books, in an order that does not depend on how it came there. */
const posted = (tenant: TestTenant) =>
  ledger.query<Posted>(
    `select currency, amount_minor::text as minor, expense_date::text as day, booked_amount_minor::text as booked,
       rate::text, rate_source as source, rate_date::text as rated
     from ledger.expenses where tenant_id = $1 and status = 'posted' order by 1, 2, 3, 4`,
    [tenant.tenantId],
  );

const balances = async (tenant: TestTenant) =>
  (await books.balances(tenant.owner)).accounts.map(({ account, balances: found }) => [
    account?.name,
    // What came and went leaves a balance of zero, which is as good as none.
    found
      .filter(({ balanceMinor }) => balanceMinor !== '0')
      .map(({ currency: code, balanceMinor }) => [code, balanceMinor]),
  ]);

async function expectSound(tenant: TestTenant): Promise<void> {
  const unbalanced = await ledger.query(
    `select entry_id from ledger.postings where tenant_id = $1
     group by entry_id, recorded_at, currency having sum(amount_minor) <> 0`,
    [tenant.tenantId],
  );
  expect(unbalanced).toEqual([]);
  const trial = await books.trialBalance(tenant.owner);
  expect(trial.isBalanced).toBe(true);
}

/** That its books are sound, and come to what they would had all of it been booked at the rates of today. */
async function expectAsBookedAfresh(tenant: TestTenant): Promise<void> {
  await expectSound(tenant);
  const fresh = await bookedAfresh(tenant);
  expect(await posted(tenant)).toEqual(await posted(fresh));
  expect(await balances(tenant)).toEqual(await balances(fresh));
}

describe('whatever is booked and whatever rates are corrected, in whatever order', () => {
  it('the books come to what they would if the rates had been right from the start', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 24 }), async (commands) => {
        const dayOf = await newWindow();
        const tenant = await ledger.tenant();
        const actor = actorOf(tenant, dayOf);

        for (const one of commands) {
          await actor.change(one);
          await actor.spend(one);
        }
        await rates.settled(tenant);
        await rates.runJob('check_rates');

        await expectAsBookedAfresh(tenant);
      }),
      { numRuns: 12 },
    );
  }, 180_000);

  it('also where rates are corrected at the very moment that expenses are booked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 30 }), async (commands) => {
        const dayOf = await newWindow();
        const tenant = await ledger.tenant();
        const actor = actorOf(tenant, dayOf);
        const inTurn = async (work: (one: Command) => Promise<void>) => {
          for (const one of commands) await work(one);
        };

        await Promise.all([inTurn(actor.change), inTurn(actor.spend)]);
        await rates.settled(tenant);
        await rates.runJob('check_rates');

        await expectAsBookedAfresh(tenant);
      }),
      { numRuns: 8 },
    );
  }, 180_000);
});
