import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { pastTriggers } from './driver/past-triggers.ts';
import { noHeads, sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';
import { type ExpenseDeed, expenseDeeds } from './driver/tamper-expenses.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

/** A tenant with an expense that was left as it was booked, one that was edited, one that was reversed, and one abroad. */
async function tenantWithExpenses() {
  const tenant = await ledger.tenant();
  const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Travel' });
  const { account } = await ledger.client.createAccount(tenant.owner, {
    ...{ name: 'Card', kind: 'card', currency: 'USD', openingBalance: undefined },
  });
  const places = { categoryId: category!.id, accountId: account!.id };
  const [posted, edited, reversed] = [await record(tenant, places), await record(tenant), await record(tenant, places)];
  await ledger.client.editExpense(tenant.owner, {
    ...{ expenseId: edited, updateMask: ['amount'] },
    input: anExpense({ amount: { currency: 'EUR', amountMinor: 5n } }),
  });
  await ledger.client.reverseExpense(tenant.owner, { expenseId: reversed });
  // Paid from an account in the very currency: two postings more.
  const otherId = await record(tenant, {
    ...places,
    amount: { currency: 'USD', amountMinor: 900n },
    exchangeRate: '0.9',
  });
  await sealed(ledger, tenant);
  return { tenant, otherId, expenses: { posted, edited, reversed } };
}

async function record(tenant: TestTenant, input: Parameters<typeof anExpense>[0] = {}): Promise<string> {
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense(input) });
  return expense!.id;
}

async function commit(deed: ExpenseDeed, made: Awaited<ReturnType<typeof tenantWithExpenses>>): Promise<string> {
  const at = { tenantId: made.tenant.tenantId, expenseId: made.expenses[deed.to], otherId: made.otherId };
  await pastTriggers(superuser, () => deed.run(superuser, at));
  return at.expenseId;
}

describe('a superuser who changes an expense and not the journal', () => {
  it.each(expenseDeeds.map((deed) => [deed.name, deed] as const))('%s is found out', async (_name, deed) => {
    const made = await tenantWithExpenses();
    expect(await verify(ledger, made.tenant)).toMatchObject({ faults: [], expenses: 4n });

    const expenseId = await commit(deed, made);

    const { faults } = await verify(ledger, made.tenant);
    expect(faults.map(({ kind }) => kind).toSorted()).toEqual(deed.kinds.toSorted());
    for (const fault of faults) expect(fault).toMatchObject({ expenseId, detail: expect.any(String) });
    if (deed.says !== undefined) {
      const changed = faults.find(({ kind }) => kind === 'expense_changed');
      expect(changed!.detail).toMatch(new RegExp(`: ${deed.says}$`));
    }
  });

  it('is named for each of them, part by part', async () => {
    const tenant = await ledger.tenant();
    for (let made = 0; made < 150; made += 50) {
      const inputs = Array.from({ length: 50 }, () => anExpense());
      await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
    }
    await sealed(ledger, tenant);

    await pastTriggers(superuser, () =>
      superuser.query('update ledger.expenses set booked_amount_minor = 1 where tenant_id = $1', [tenant.tenantId]),
    );

    const { faults, expenses } = await verify(ledger, tenant);
    expect(new Set(faults.map(({ expenseId }) => expenseId)).size).toBe(150);
    expect(expenses).toBe(150n);
  });

  it('is named by answers that stay short, however many expenses are gone', async () => {
    const tenant = await ledger.tenant();
    for (let made = 0; made < 450; made += 50) {
      const inputs = Array.from({ length: 50 }, () => anExpense());
      await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
    }
    await sealed(ledger, tenant);
    await pastTriggers(superuser, () =>
      superuser.query('delete from ledger.expenses where tenant_id = $1', [tenant.tenantId]),
    );

    const named = new Set<string>();
    for (let cursor: string | undefined; cursor !== ''; ) {
      const answer = await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: cursor ?? '' });
      expect(answer.faults.length).toBeLessThan(200);
      for (const { expenseId } of answer.faults) named.add(expenseId);
      cursor = answer.nextCursor;
    }

    expect(named.size).toBe(450);
  });
});

describe('the service’s role, where it notes a reversal and makes none,', () => {
  it('is found out, whoever’s the entry is', async () => {
    const { tenant } = await tenantWithExpenses();
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: 'Bank', kind: 'bank', currency: 'EUR' },
      openingBalance: { amount: { currency: 'EUR', amountMinor: 700n }, date: '2025-01-01' },
    });
    expect(account).toBeDefined();
    await sealed(ledger, tenant);
    const service = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
    await service.connect();
    await service.query("select set_config('app.tenant_id', $1, false)", [tenant.tenantId]);
    const { rows } = await service.query<{ entry_id: string }>(
      `insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
       select entry.tenant_id, entry.id, gen_random_uuid(), now() from ledger.journal_entries as entry
       where entry.kind <> 'reversal'
       on conflict do nothing returning entry_id`,
    );
    await service.end();

    const { faults } = await verify(ledger, tenant);

    // Of three expenses in force, and of the account.
    expect(rows).toHaveLength(4);
    expect(faults.map(({ entryId }) => entryId).toSorted()).toEqual(rows.map((row) => row.entry_id).toSorted());
    for (const fault of faults) {
      expect(fault).toMatchObject({ kind: 'reversal_lost', detail: expect.stringContaining('not in the journal') });
    }
  });
});

describe('a superuser who makes something else of a reversal', () => {
  it('has taken nothing back with it', async () => {
    const { tenant, expenses } = await tenantWithExpenses();
    const [reversal] = await ledger.query<{ id: string; reverses: string }>(
      `select id, reverses_entry_id as reverses from ledger.journal_entries
       where tenant_id = $1 and expense_id = $2 and kind = 'reversal'`,
      [tenant.tenantId, expenses.reversed],
    );
    const [{ name }] = (await ledger.query<{ name: string }>(
      `select conname as name from pg_constraint where conrelid = 'ledger.journal_entries'::regclass
         and pg_get_constraintdef(oid) like '%reverses_entry_id IS NOT NULL%'`,
    )) as [{ name: string }];

    await pastTriggers(superuser, async () => {
      await superuser.query(`alter table ledger.journal_entries drop constraint ${name}`);
      await superuser.query("update ledger.journal_entries set kind = 'restatement' where tenant_id = $1 and id = $2", [
        tenant.tenantId,
        reversal!.id,
      ]);
    });

    const { faults } = await verify(ledger, tenant);
    const named = faults.map(({ kind, entryId }) => [kind, entryId]);
    expect(named).toContainEqual(['changed', reversal!.id]);
    expect(named).toContainEqual(['reversal_lost', reversal!.reverses]);
    expect(faults).toContainEqual(
      expect.objectContaining({
        ...{ kind: 'expense_changed', expenseId: expenses.reversed },
        detail: expect.stringMatching(/: status$/),
      }),
    );
  });
});
