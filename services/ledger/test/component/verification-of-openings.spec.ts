import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import type pg from 'pg';
import { pastTriggers } from './driver/past-triggers.ts';
import { noHeads, sealed, verify } from './driver/seals.ts';
import type { TestLedger, TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

const held = (amountMinor: bigint, currency = 'EUR'): contract.OpeningBalance => ({
  ...{ amount: { currency, amountMinor }, date: '2025-01-01' },
});

async function open(tenant: TestTenant, name: string, openingBalance?: contract.OpeningBalance): Promise<string> {
  const currency = openingBalance?.amount?.currency ?? 'EUR';
  const { account } = await ledger.client.createAccount(tenant.owner, { name, kind: 'bank', currency, openingBalance });
  return account!.id;
}

async function reopen(tenant: TestTenant, accountId: string, openingBalance?: contract.OpeningBalance): Promise<void> {
  const input = { name: '', kind: '', currency: '', description: '', openingBalance };
  await ledger.client.updateAccount(tenant.owner, { accountId, input, updateMask: ['opening_balance'] });
}

/** A tenant with an account that was left as it was opened, one opened anew, one opened no more, and one that never was. */
async function tenantWithAccounts() {
  const tenant = await ledger.tenant();
  const opened = await open(tenant, 'Opened', held(-700n, 'JPY'));
  const reopened = await open(tenant, 'Reopened', held(100n));
  await reopen(tenant, reopened, held(250n));
  const closed = await open(tenant, 'Closed', held(300n));
  await reopen(tenant, closed);
  const bare = await open(tenant, 'Bare');
  await sealed(ledger, tenant);
  return { tenant, accounts: { opened, reopened, closed, bare } };
}

type Made = Awaited<ReturnType<typeof tenantWithAccounts>>;

/** What a superuser can do to the opening balance that an account shows, past every trigger, with the journal as it was. */
interface Deed {
  name: string;
  to: keyof Made['accounts'];
  kinds: string[];
  says?: string;
  /** $1 is the tenant, $2 the account, $3 the one that was opened anew. */
  does: string;
}

const set = (name: string, assignment: string, says: string, to: Deed['to'] = 'opened'): Deed => ({
  ...{ name, to, says, kinds: ['opening_changed'] },
  does: `update ledger.accounts set ${assignment} where tenant_id = $1 and id = $2 and $3::uuid is not null`,
});

const formerEntry = `
  select posting.entry_id from ledger.postings as posting
  join ledger.journal_entries as entry on entry.tenant_id = $1 and entry.id = posting.entry_id and entry.kind = 'opening'
  where posting.tenant_id = $1 and posting.ledger_account_id = $2 order by posting.recorded_at limit 1`;

const deeds: Deed[] = [
  set('changes its amount', 'opening_minor = 7000', 'amount'),
  set('changes the amount of one that was opened anew', 'opening_minor = 100', 'amount', 'reopened'),
  {
    ...set('changes the currency of the account', "currency = 'USD'", 'amount'),
    kinds: ['opening_changed', 'reference_changed'],
  },
  set('changes its day', "opening_date = '2020-02-29'", 'date'),
  set('changes amount and day', "opening_minor = 1, opening_date = '2020-02-29'", 'amount, date'),
  {
    ...set('hides it', 'opening_minor = null, opening_date = null, opening_entry_id = null', ''),
    kinds: ['opening_missing'],
    says: 'No account shows this opening balance',
  },
  {
    ...set('shows one that was taken back', `opening_minor = 300, opening_date = '2025-01-01'`, 'status', 'closed'),
    does: `update ledger.accounts set opening_minor = 300, opening_date = '2025-01-01', opening_entry_id = (${formerEntry})
      where tenant_id = $1 and id = $2 and $3::uuid is not null`,
  },
  {
    ...{ name: 'turns it back to what it was before', to: 'reopened', kinds: ['opening_changed', 'opening_missing'] },
    does: `update ledger.accounts set opening_minor = 100, opening_entry_id = (${formerEntry})
      where tenant_id = $1 and id = $2 and $3::uuid is not null`,
  },
  {
    ...{ name: 'invents one', to: 'bare', kinds: ['opening_unbooked'] },
    does: `update ledger.accounts set opening_minor = 9, opening_date = '2025-01-01', opening_entry_id = gen_random_uuid()
      where tenant_id = $1 and id = $2 and $3::uuid is not null`,
  },
  {
    ...{ name: 'shows that of another account', to: 'bare', kinds: ['opening_unbooked'] },
    does: `update ledger.accounts as account set opening_minor = other.opening_minor, opening_date = other.opening_date,
        opening_entry_id = other.opening_entry_id
      from ledger.accounts as other
      where account.tenant_id = $1 and account.id = $2 and other.tenant_id = $1 and other.id = $3`,
  },
  {
    ...{ name: 'deletes the account', to: 'opened', kinds: ['opening_missing', 'reference_missing'] },
    does: 'delete from ledger.accounts where tenant_id = $1 and id = $2 and $3::uuid is not null',
  },
  {
    ...{ name: 'deletes an account whose was taken back', to: 'closed' },
    kinds: ['opening_missing', 'reference_missing'],
    does: 'delete from ledger.accounts where tenant_id = $1 and id = $2 and $3::uuid is not null',
  },
  {
    ...{ name: 'notes a reversal that never was', to: 'opened', kinds: ['reversal_lost'] },
    does: `insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
      select tenant_id, opening_entry_id, gen_random_uuid(), now() from ledger.accounts
      where tenant_id = $1 and id = $2 and $3::uuid is not null`,
  },
  {
    ...{ name: 'forgets that one was taken back', to: 'closed', kinds: ['reversal_lost', 'opening_missing'] },
    does: `delete from ledger.reversals where tenant_id = $1 and entry_id = (${formerEntry}) and $3::uuid is not null`,
  },
];

async function commit(does: string, { tenant, accounts }: Made, accountId: string): Promise<void> {
  await pastTriggers(superuser, () => superuser.query(does, [tenant.tenantId, accountId, accounts.reopened]));
}

describe('a superuser who changes the opening balance of an account and not the journal', () => {
  it.each(deeds.map((deed) => [deed.name, deed] as const))('%s is found out', async (_name, deed) => {
    const [made, other] = [await tenantWithAccounts(), await tenantWithAccounts()];
    expect(await verify(ledger, made.tenant)).toMatchObject({ faults: [], accounts: 4n });
    const accountId = made.accounts[deed.to];

    await commit(deed.does, made, accountId);

    const { faults } = await verify(ledger, made.tenant);
    expect(faults.map(({ kind }) => kind).toSorted()).toEqual(deed.kinds.toSorted());
    for (const fault of faults) expect(fault).toMatchObject({ accountId, expenseId: '', detail: expect.any(String) });
    if (deed.says !== undefined) expect(faults[0]!.detail).toContain(deed.says);
    expect(await verify(ledger, other.tenant)).toMatchObject({ faults: [], accounts: 4n });
  });

  it.each([
    ['amount', 'amount_minor = amount_minor - 1'],
    ['currency', "currency = 'USD'"],
  ])(
    'is found out by what was posted as well, where the entry still says what is shown and a posting another %s',
    async (_, posted) => {
      const { tenant, accounts } = await tenantWithAccounts();
      await commit(
        `update ledger.postings set ${posted}
       where tenant_id = $1 and ledger_account_id = $2 and line = 1 and $3::uuid is not null`,
        { tenant, accounts },
        accounts.opened,
      );

      const { faults } = await verify(ledger, tenant);

      expect(faults).toMatchObject([
        { kind: 'changed', accountId: '' },
        { kind: 'opening_changed', accountId: accounts.opened, detail: expect.stringMatching(/: amount$/) },
      ]);
      expect(faults[0]!.entryId).toBe(faults[1]!.entryId);
    },
  );

  it('is named for each of many, by answers that stay short', async () => {
    const tenant = await ledger.tenant();
    const ids: string[] = [];
    for (let made = 0; made < 240; made++) ids.push(await open(tenant, `Account ${made}`, held(BigInt(made + 1))));
    await sealed(ledger, tenant);
    await superuser.query('update ledger.accounts set opening_minor = opening_minor + 1 where tenant_id = $1', [
      tenant.tenantId,
    ]);

    const named: string[] = [];
    for (let cursor: string | undefined; cursor !== ''; ) {
      const answer = await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: cursor ?? '' });
      expect(answer.faults.length).toBeLessThan(200);
      for (const { accountId } of answer.faults) named.push(accountId);
      if (answer.nextCursor === '') expect(answer).toMatchObject({ entries: 240n, accounts: 240n });
      cursor = answer.nextCursor;
    }

    expect(named.toSorted()).toEqual(ids.toSorted());
  });
});
