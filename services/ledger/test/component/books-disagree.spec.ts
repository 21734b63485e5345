import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import type pg from 'pg';
import { pastTriggers } from './driver/past-triggers.ts';
import { ratesOf } from './driver/rates.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';
import { expenseDeeds } from './driver/tamper-expenses.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

const disagree = {
  ...{ kind: 'conflict', code: 'books_disagree' },
  message: expect.stringMatching(/not what the journal says.*[Vv]erif/),
};

async function tamper(statement: string, values: unknown[]): Promise<void> {
  await pastTriggers(superuser, () => superuser.query(statement, values));
}

const journalOf = (tenant: TestTenant) =>
  ledger.query<{ count: number }>('select count(*)::int as count from ledger.journal_entries where tenant_id = $1', [
    tenant.tenantId,
  ]);

describe('an account whose opening balance was changed behind the service’s back', () => {
  const held = (amountMinor: bigint, date = '2025-01-01'): contract.OpeningBalance => ({
    ...{ amount: { currency: 'EUR', amountMinor }, date },
  });

  const open = async (tenant: TestTenant, name: string, openingBalance?: contract.OpeningBalance) => {
    const wanted = { name, kind: 'bank', currency: 'EUR', openingBalance };
    return (await ledger.client.createAccount(tenant.owner, wanted)).account!.id;
  };

  const change = (tenant: TestTenant, accountId: string, given: Partial<contract.AccountInput>, field: string) => {
    const input = { name: '', kind: '', currency: '', description: '', openingBalance: undefined, ...given };
    return ledger.client.updateAccount(tenant.owner, { accountId, input, updateMask: [field] });
  };

  const deeds: [string, string][] = [
    ['in its amount', 'opening_minor = 7000'],
    ['in its day', "opening_date = '2020-02-29'"],
    ['in its currency', "currency = 'USD'"],
    ['so that it is hidden', 'opening_minor = null, opening_date = null, opening_entry_id = null'],
    ['so that its entry is none', 'opening_entry_id = gen_random_uuid()'],
    [
      'so that its entry is that of another account',
      'opening_entry_id = (select other.opening_entry_id from ledger.accounts as other where other.tenant_id = $1 and other.id <> $2)',
    ],
  ];

  it.each(deeds)('%s takes no other one, and says why', async (_name, assignment) => {
    const tenant = await ledger.tenant();
    const id = await open(tenant, 'Bank', held(100n));
    await open(tenant, 'Other', held(100n));
    await tamper(`update ledger.accounts set ${assignment} where tenant_id = $1 and id = $2`, [tenant.tenantId, id]);
    const { account } = await ledger.client.getAccount(tenant.owner, { accountId: id });
    const before = await journalOf(tenant);

    const openingBalance = { ...held(555n), amount: { currency: account!.currency, amountMinor: 555n } };
    await expect(change(tenant, id, { openingBalance }, 'opening_balance')).rejects.toMatchObject(disagree);
    if (account!.openingBalance) {
      await expect(change(tenant, id, {}, 'opening_balance')).rejects.toMatchObject(disagree);
    }

    expect(await journalOf(tenant)).toEqual(before);
    const { account: after } = await ledger.client.getAccount(tenant.owner, { accountId: id });
    expect(after).toEqual(account);
    expect(await change(tenant, id, { name: 'Renamed' }, 'name')).toMatchObject({ account: { name: 'Renamed' } });
  });

  it('by a note of a reversal that was never made takes no other one, and says why', async () => {
    const tenant = await ledger.tenant();
    const id = await open(tenant, 'Bank', held(100n));
    await tamper(
      `insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
       select tenant_id, opening_entry_id, gen_random_uuid(), now() from ledger.accounts where tenant_id = $1 and id = $2`,
      [tenant.tenantId, id],
    );

    const reopening = change(tenant, id, { openingBalance: held(5n) }, 'opening_balance');
    await expect(reopening).rejects.toMatchObject(disagree);
  });

  it('is no reason to refuse others', async () => {
    const tenant = await ledger.tenant();
    const [hidden, never, closed] = [
      await open(tenant, 'Hidden', held(100n)),
      await open(tenant, 'Never opened'),
      await open(tenant, 'Closed', held(300n)),
    ];
    await change(tenant, closed, {}, 'opening_balance');
    await tamper(
      'update ledger.accounts set opening_minor = null, opening_date = null, opening_entry_id = null where tenant_id = $1 and id = $2',
      [tenant.tenantId, hidden],
    );

    for (const id of [never, closed]) {
      const { account } = await change(tenant, id, { openingBalance: held(9n) }, 'opening_balance');
      expect(account).toMatchObject({ openingBalance: held(9n) });
    }
  });
});

describe('an expense that was changed behind the service’s back', () => {
  async function aTenant() {
    const tenant = await ledger.tenant();
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Travel' });
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: 'Card', kind: 'card', currency: 'EUR', openingBalance: undefined },
    });
    const places = { categoryId: category!.id, accountId: account!.id };
    const record = async () =>
      (await ledger.client.recordExpense(tenant.owner, { input: anExpense(places) })).expense!.id;
    const [posted, edited, reversed, other] = [await record(), await record(), await record(), await record()];
    await retitle(tenant, edited);
    await ledger.client.reverseExpense(tenant.owner, { expenseId: reversed });
    return { tenant, otherId: other, expenses: { posted, edited, reversed } };
  }

  const retitle = (tenant: TestTenant, expenseId: string, title = 'Another title') =>
    ledger.client.editExpense(tenant.owner, { expenseId, input: anExpense({ title }), updateMask: ['title'] });

  async function outcomeOf(call: Promise<unknown>): Promise<string> {
    try {
      await call;
      return 'done';
    } catch (error) {
      return String((error as { code: unknown }).code);
    }
  }

  const untrue = (name: string) => /^(changes|moves|takes|shows that)/.test(name);
  const gone = new Set(['deletes it', 'deletes a reversed one', 'deletes it, and notes a reversal that never was']);

  it.each(expenseDeeds.map((deed) => [deed.name, deed] as const))(
    'by somebody who %s is booked no further, or as it should be',
    async (name, deed) => {
      const made = await aTenant();
      const { tenant } = made;
      const at = { tenantId: tenant.tenantId, expenseId: made.expenses[deed.to], otherId: made.otherId };
      await pastTriggers(superuser, () => deed.run(superuser, at));

      const edit = await outcomeOf(retitle(tenant, at.expenseId, 'Yet another title'));
      const reversal = await outcomeOf(ledger.client.reverseExpense(tenant.owner, { expenseId: at.expenseId }));

      const allowed = gone.has(name)
        ? [['expense_not_found', 'expense_not_found']]
        : untrue(name) && deed.to !== 'reversed'
          ? [['books_disagree', 'done']]
          : [
              ...[['books_disagree', 'books_disagree']],
              ...[['expense_reversed', 'expense_reversed']],
              // Of what was forgotten nobody knows but the verification.
              ...(name === 'shows a reversed one, and forgets that it was' ? [['done', 'books_disagree']] : []),
            ];
      expect(allowed).toContainEqual([edit, reversal]);
      // Nobody else's entry was touched.
      expect(await outcomeOf(retitle(tenant, at.otherId))).toBe('done');
    },
  );

  it('by a note of a reversal that was never made says so, and is left as it was', async () => {
    const { tenant, expenses } = await aTenant();
    await sealed(ledger, tenant);
    await tamper(
      `insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
       select tenant_id, entry_id, gen_random_uuid(), now() from ledger.expenses where tenant_id = $1 and id = $2`,
      [tenant.tenantId, expenses.posted],
    );
    const before = await journalOf(tenant);

    await expect(retitle(tenant, expenses.posted)).rejects.toMatchObject(disagree);
    const reversing = ledger.client.reverseExpense(tenant.owner, { expenseId: expenses.posted });
    await expect(reversing).rejects.toMatchObject(disagree);

    expect(await journalOf(tenant)).toEqual(before);
    expect((await ledger.client.getExpense(tenant.owner, { expenseId: expenses.posted })).expense).toMatchObject({
      ...{ status: 'posted', version: 1n },
    });
    expect((await verify(ledger, tenant)).faults).toMatchObject([
      { kind: 'reversal_lost', expenseId: expenses.posted },
    ]);
  });
});

describe('an expense whose entry was changed behind the service’s back', () => {
  const day = '2006-05-04';
  const of = `where postings.tenant_id = $1 and expenses.tenant_id = $1 and expenses.id = $2
    and postings.entry_id = expenses.entry_id`;
  const deeds: [string, string][] = [
    ['both of whose postings were deleted', `delete from ledger.postings using ledger.expenses ${of}`],
    ['one of whose postings was deleted', `delete from ledger.postings using ledger.expenses ${of} and line = 2`],
    [
      'only whose credit was changed',
      `update ledger.postings set amount_minor = postings.amount_minor - 1 from ledger.expenses ${of} and line = 2`,
    ],
    [
      'only whose debit was changed',
      `update ledger.postings set amount_minor = postings.amount_minor + 1 from ledger.expenses ${of} and line = 1`,
    ],
    [
      'whose posting was moved out of the chart',
      `update ledger.postings set ledger_account_id = gen_random_uuid() from ledger.expenses ${of} and line = 2`,
    ],
  ];

  async function tampered(deed: string) {
    const tenant = await ledger.tenant();
    const rates = ratesOf(ledger);
    const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
    const [forged, sound] = [
      await rates.book(tenant, 1_000n, 'USD', day),
      await rates.book(tenant, 1_000n, 'USD', day),
    ];
    await tamper(deed, [tenant.tenantId, forged.id]);
    return { tenant, rates, rateId, forged, sound };
  }

  it.each(deeds)('%s can neither be edited nor reversed, and says why', async (_name, deed) => {
    const { tenant, rates, forged } = await tampered(deed);
    const before = await journalOf(tenant);

    const change = { expenseId: forged.id, input: anExpense({ title: 'Another' }), updateMask: ['title'] };
    await expect(ledger.client.editExpense(tenant.owner, change)).rejects.toMatchObject(disagree);
    const reversing = ledger.client.reverseExpense(tenant.owner, { expenseId: forged.id });
    await expect(reversing).rejects.toMatchObject(disagree);

    expect(await journalOf(tenant)).toEqual(before);
    expect(await rates.expense(tenant, forged.id)).toEqual(forged);
  });

  it.each(deeds)('%s is left out of a restatement, which goes on', async (_name, deed) => {
    const { tenant, rates, rateId, forged, sound } = await tampered(deed);

    await rates.correct(tenant, rateId, '0.5');
    await rates.settled(tenant);

    const [restatement] = await rates.restatements(tenant);
    expect(restatement).toMatchObject({ status: 'completed', checked: 2, restated: 1, leftOut: 1 });
    expect(restatement!.leftOutExpenses).toEqual([{ expenseId: forged.id, reason: 'books_disagree' }]);
    expect(await rates.expense(tenant, forged.id)).toEqual(forged);
    expect(await rates.expense(tenant, sound.id)).toMatchObject({ booked: { amountMinor: 500n } });
  });

  it('and its account with it, which is in no chart, is left out of a restatement as well', async () => {
    const { tenant, rates, rateId, forged, sound } = await tampered(
      `with nobody as (select gen_random_uuid() as id),
         moved as (update ledger.expenses set account_id = nobody.id from nobody where tenant_id = $1 and expenses.id = $2)
       update ledger.postings set ledger_account_id = nobody.id from ledger.expenses, nobody ${of} and line = 2`,
    );

    await rates.correct(tenant, rateId, '0.5');
    await rates.settled(tenant);

    const [restatement] = await rates.restatements(tenant);
    expect(restatement).toMatchObject({ status: 'completed', restated: 1, leftOut: 1 });
    expect(restatement!.leftOutExpenses).toMatchObject([{ expenseId: forged.id, reason: 'books_disagree' }]);
    expect(await rates.expense(tenant, sound.id)).toMatchObject({ booked: { amountMinor: 500n } });
  });
});
