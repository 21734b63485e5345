import type pg from 'pg';

/** What a superuser can do to what lists, totals and exports show, past every trigger, with the journal as it was. */
export interface ExpenseDeed {
  name: string;
  /** What it is done to. */
  to: 'posted' | 'edited' | 'reversed';
  /** The kinds of faults that name the expense; others may not come up. */
  kinds: string[];
  /** What the fault says beside. */
  says?: string;
  run: (client: pg.Client, at: ExpensePlace) => Promise<unknown>;
}

export interface ExpensePlace {
  tenantId: string;
  expenseId: string;
  /** Another expense of the tenant, posted. */
  otherId: string;
}

const set = (name: string, assignment: string, says: string, to: ExpenseDeed['to'] = 'posted'): ExpenseDeed => ({
  ...{ name, to, says, kinds: ['expense_changed'] },
  run: (client, { tenantId, expenseId }) =>
    client.query(`update ledger.expenses set ${assignment} where tenant_id = $1 and id = $2`, [tenantId, expenseId]),
});

const forgedReversal = `
  insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
  select tenant_id, entry_id, gen_random_uuid(), now() from ledger.expenses where tenant_id = $1 and id = $2`;

const superseded = `
  select entry.id, entry.recorded_at from ledger.journal_entries as entry
  where entry.tenant_id = $1 and entry.expense_id = $2 and entry.kind = 'expense' order by entry.recorded_at limit 1`;

const both = (client: pg.Client, { tenantId, expenseId }: ExpensePlace, ...statements: string[]) =>
  Promise.all(statements.map((statement) => client.query(statement, [tenantId, expenseId])));

export const expenseDeeds: ExpenseDeed[] = [
  set('changes what was booked', 'booked_amount_minor = booked_amount_minor + 1', 'booked amount'),
  set('changes what an edited one has booked', 'booked_amount_minor = 1', 'booked amount', 'edited'),
  set('changes what a reversed one had booked', 'booked_amount_minor = 1', 'booked amount', 'reversed'),
  set('changes the currency of what was booked', "booked_currency = 'USD'", 'booked amount'),
  set('changes what was paid', 'amount_minor = amount_minor * 2', 'amount'),
  set('changes the currency of what was paid', "currency = 'CHF'", 'amount'),
  set('changes the rate', 'rate = 2', 'rate'),
  set('changes where the rate is from', "rate_source = 'given'", 'rate'),
  set('changes the day of the rate', "rate_date = '2019-01-01'", 'rate'),
  set('moves it to another day', "expense_date = '2019-01-01'", 'date'),
  set('takes its category away', 'category_id = null', 'category'),
  set('takes its account away', 'account_id = null', 'account'),
  set('hides it as reversed', "status = 'reversed'", 'status'),
  set('shows a reversed one', "status = 'posted'", 'status, updated', 'reversed'),
  {
    ...{ name: 'hides it as reversed, and notes a reversal that never was', to: 'posted', says: 'status' },
    kinds: ['expense_changed', 'reversal_lost'],
    run: (client, at) =>
      both(
        client,
        at,
        forgedReversal,
        "update ledger.expenses set status = 'reversed' where tenant_id = $1 and id = $2",
      ),
  },
  {
    ...{
      name: 'shows a reversed one, and forgets that it was',
      to: 'reversed',
      kinds: ['expense_changed', 'reversal_lost'],
    },
    run: (client, at) =>
      both(
        client,
        at,
        `delete from ledger.reversals using ledger.expenses
         where reversals.tenant_id = $1 and expenses.tenant_id = $1 and expenses.id = $2
           and reversals.entry_id = expenses.entry_id`,
        "update ledger.expenses set status = 'posted' where tenant_id = $1 and id = $2",
      ),
  },
  {
    // The reversal has no note where it stands, and the note no reversal.
    ...{ name: 'dates the note of a reversal otherwise', to: 'reversed', says: 'status' },
    kinds: ['expense_changed', 'reversal_lost', 'reversal_lost'],
    run: (client, at) =>
      both(
        client,
        at,
        `update ledger.reversals set recorded_at = reversals.recorded_at + interval '1 microsecond' from ledger.expenses
         where reversals.tenant_id = $1 and expenses.tenant_id = $1 and expenses.id = $2
           and reversals.entry_id = expenses.entry_id`,
      ),
  },
  {
    ...{ name: 'deletes it', to: 'posted', kinds: ['expense_missing'] },
    run: (client, at) => both(client, at, 'delete from ledger.expenses where tenant_id = $1 and id = $2'),
  },
  {
    ...{ name: 'deletes a reversed one', to: 'reversed', kinds: ['expense_missing'] },
    run: (client, at) => both(client, at, 'delete from ledger.expenses where tenant_id = $1 and id = $2'),
  },
  {
    ...{ name: 'notes a reversal that never was', to: 'posted', kinds: ['reversal_lost'] },
    run: (client, at) => both(client, at, forgedReversal),
  },
  {
    ...{ name: 'deletes it, and notes a reversal that never was', to: 'posted' },
    kinds: ['expense_missing', 'reversal_lost'],
    run: (client, at) =>
      both(client, at, forgedReversal, 'delete from ledger.expenses where tenant_id = $1 and id = $2'),
  },
  {
    ...{ name: 'points it to the entry of another one', to: 'posted', kinds: ['expense_unbooked', 'expense_missing'] },
    run: (client, { tenantId, expenseId, otherId }) =>
      client.query(
        `update ledger.expenses as expense
         set entry_id = other.entry_id, entry_recorded_at = other.entry_recorded_at
         from ledger.expenses as other
         where expense.tenant_id = $1 and expense.id = $2 and other.tenant_id = $1 and other.id = $3`,
        [tenantId, expenseId, otherId],
      ),
  },
  {
    ...{ name: 'points it to no entry', to: 'posted', kinds: ['expense_unbooked', 'expense_missing'] },
    run: (client, at) => both(client, at, 'update ledger.expenses set entry_id = id where tenant_id = $1 and id = $2'),
  },
  {
    ...{ name: 'turns it back to what it was before its edit', to: 'edited' },
    kinds: ['expense_changed', 'expense_missing'],
    run: (client, at) =>
      both(
        client,
        at,
        `update ledger.expenses set entry_id = former.id, entry_recorded_at = former.recorded_at, amount_minor = 12550,
           booked_amount_minor = 12550
         from (${superseded}) as former where expenses.tenant_id = $1 and expenses.id = $2`,
      ),
  },
  {
    ...{ name: 'invents one', to: 'posted', kinds: ['expense_unbooked'] },
    run: async (client, at) => {
      const { rows } = await client.query('select gen_random_uuid() as id');
      const copied = { tenantId: at.tenantId, expenseId: at.expenseId };
      at.expenseId = rows[0].id;
      await client.query(
        `insert into ledger.expenses
         select (jsonb_populate_record(expense, jsonb_build_object('id', $3::uuid))).*
         from ledger.expenses as expense where expense.tenant_id = $1 and expense.id = $2`,
        [copied.tenantId, copied.expenseId, at.expenseId],
      );
    },
  },
];
