import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import pg from 'pg';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';
import { sealed } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let service: pg.Client;
beforeAll(async () => {
  ledger = await startLedger();
  service = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
  await service.connect();
});
afterAll(async () => {
  await service.end();
  await ledger.stop();
});

let tenant: TestTenant;
beforeEach(async () => {
  tenant = await ledger.tenant();
});

/** An entry that is in force, by the id of its expense or of the account that it opens. */
interface Target {
  entryId: string;
  isOf: 'expense' | 'account';
}

async function anExpenseBooked(): Promise<Target & { expenseId: string }> {
  const amount = { currency: 'USD', amountMinor: 900n };
  const { account } = await ledger.client.createAccount(tenant.owner, {
    ...{ name: `Card ${newId()}`, kind: 'card', currency: 'USD', openingBalance: undefined },
  });
  const input = anExpense({ amount, exchangeRate: '0.9', accountId: account!.id });
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input });
  return { entryId: await entryOf(`expense_id = '${expense!.id}'`), isOf: 'expense', expenseId: expense!.id };
}

async function anAccountOpened(): Promise<Target> {
  await ledger.client.createAccount(tenant.owner, {
    ...{ name: 'Bank', kind: 'bank', currency: 'EUR' },
    openingBalance: { amount: { currency: 'EUR', amountMinor: 700n }, date: '2025-01-01' },
  });
  return { entryId: await entryOf("kind = 'opening'"), isOf: 'account' };
}

async function entryOf(condition: string): Promise<string> {
  const [row] = await ledger.query<{ id: string }>(
    `select id from ledger.journal_entries where tenant_id = $1 and ${condition} order by recorded_at desc limit 1`,
    [tenant.tenantId],
  );
  return row!.id;
}

/** How a reversal differs from the exact opposite of an entry: by SQL in place of its columns. */
interface Wrong {
  entry?: Partial<Record<'reverses_entry_id' | 'expense_id' | 'effective_date' | 'amount_minor' | 'currency', string>> &
    Partial<Record<'rate' | 'rate_source' | 'rate_date', string>>;
  posting?: Partial<Record<'line' | 'ledger_account_id' | 'currency' | 'amount_minor', string>>;
  /** Which postings of the entry it has. */
  where?: string;
  /** Postings that it has beside them. */
  more?: string;
}

/** Takes an entry back by one statement of the service's role, as the service does. */
const reverse = (target: Target, wrong: Wrong = {}) => inTransaction(() => write(target, wrong));

async function write({ entryId }: Target, { entry = {}, posting = {}, where = 'true', more = '' }: Wrong) {
  const reversalId = newId();
  await service.query(
    `with original as materialized (
       select * from ledger.journal_entries where id = '${entryId}'
     ), entry as (
       insert into ledger.journal_entries
         (tenant_id, id, effective_date, kind, expense_id, reverses_entry_id, currency, amount_minor, rate, rate_source, rate_date)
       select tenant_id, '${reversalId}', ${entry.effective_date ?? 'effective_date'}, 'reversal',
         ${entry.expense_id ?? 'expense_id'}, ${entry.reverses_entry_id ?? 'id'}, ${entry.currency ?? 'currency'},
         ${entry.amount_minor ?? 'amount_minor'}, ${entry.rate ?? 'rate'}, ${entry.rate_source ?? 'rate_source'},
         ${entry.rate_date ?? 'rate_date'}
       from original
     )
     insert into ledger.postings (tenant_id, entry_id, line, ledger_account_id, currency, amount_minor)
     select tenant_id, '${reversalId}'::uuid, ${posting.line ?? 'line'}, ${posting.ledger_account_id ?? 'ledger_account_id'},
       ${posting.currency ?? 'currency'}, ${posting.amount_minor ?? '-amount_minor'}
     from ledger.postings where entry_id = '${entryId}' and ${where}
     ${more}`.replaceAll('{reversal}', reversalId),
  );
  return reversalId;
}

async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  await service.query('begin');
  try {
    await service.query("select set_config('app.tenant_id', $1, true)", [tenant.tenantId]);
    const result = await work();
    await service.query('commit');
    return result;
  } catch (error) {
    await service.query('rollback');
    throw error;
  }
}

const inexact = { code: '23514', constraint: 'reversal_is_exact' };

const cases: [string, Wrong][] = [
  ['of the same signs', { posting: { amount_minor: 'amount_minor' } }],
  ['of other amounts', { posting: { amount_minor: '-2 * amount_minor' } }],
  ['of another currency', { posting: { currency: "'CHF'" } }],
  ['of another account', { posting: { ledger_account_id: `'${ledgerAccounts.uncategorised}'` } }],
  ['of lines in another order', { posting: { line: '9 - line' } }],
  [
    'of a line too many',
    {
      more: `union all select tenant_id, '{reversal}'::uuid, 9, ledger_account_id, currency, 0 from original, lateral (select ledger_account_id from ledger.postings where entry_id = original.id limit 1) as any_line`,
    },
  ],
  ['for another day', { entry: { effective_date: "date '2020-01-01'" } }],
  ['of another amount paid', { entry: { amount_minor: 'amount_minor + 1' } }],
  ['of another currency paid', { entry: { currency: "'CHF'" } }],
  ['at another rate', { entry: { rate: 'rate * 2' } }],
  ['of a rate from elsewhere', { entry: { rate_source: "'platform'" } }],
  ['of a rate of another day', { entry: { rate_date: "date '2020-01-01'" } }],
  ['of what is not there', { entry: { reverses_entry_id: 'gen_random_uuid()' } }],
  ['for another expense', { entry: { expense_id: 'gen_random_uuid()' } }],
];

describe.each([
  ['an expense', anExpenseBooked],
  ['an opening balance', anAccountOpened],
])('the reversal of the entry of %s', (_of, make) => {
  it('is taken where it is its exact opposite, once', async () => {
    const target = await make();

    await reverse(target);

    await expect(reverse(target)).rejects.toMatchObject({ constraint: 'entry_is_reversed_once' });
  });

  it.each(cases)('is refused %s', async (_name, wrong) => {
    const target = await make();

    await expect(reverse(target, wrong)).rejects.toMatchObject(inexact);

    expect(await sealed(ledger, tenant)).toMatchObject({ faults: [] });
  });

  it('is refused of a part of it, however it balances', async () => {
    const target = await make();
    const where = target.isOf === 'expense' ? 'line <= 2' : 'line <= 1';
    const constraint = expect.stringMatching(/^(reversal_is_exact|journal_is_balanced)$/);

    await expect(reverse(target, { where })).rejects.toMatchObject({ code: '23514', constraint });
  });

  it('is not taken back itself', async () => {
    const target = await make();
    const again = inTransaction(async () => {
      const reversalId = await write(target, {});
      await write({ ...target, entryId: reversalId }, {});
    });

    await expect(again).rejects.toMatchObject(inexact);
  });
});

describe('the reversal of an entry that is no longer in force', () => {
  it('is refused', async () => {
    const target = await anExpenseBooked();
    await ledger.client.editExpense(tenant.owner, {
      ...{ expenseId: target.expenseId, updateMask: ['title'], input: anExpense({ title: 'Another' }) },
    });
    await ledger.query('delete from ledger.reversals where tenant_id = $1', [tenant.tenantId]);

    await expect(reverse(target)).rejects.toMatchObject(inexact);
  });
});

describe('a bad reversal among good ones', () => {
  it('is refused with them', async () => {
    const [good, bad] = [await anExpenseBooked(), await anExpenseBooked()];

    const both = inTransaction(async () => {
      await write(good, {});
      await write(bad, { posting: { amount_minor: 'amount_minor' } });
    });

    await expect(both).rejects.toMatchObject(inexact);
    await reverse(good);
  });
});
