import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import type pg from 'pg';
import { ratesOf } from './driver/rates.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
let tenant: TestTenant;
let untouched: TestTenant;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
  [tenant, untouched] = [await tenantWithAll(), await tenantWithAll()];
  for (const statement of freedom) await superuser.query(statement);
}, 60_000);
afterAll(() => stop());

async function tenantWithAll(): Promise<TestTenant> {
  const made = await ledger.tenant();
  const { client } = ledger;
  for (const name of ['One', 'Another']) {
    await client.recordExpense(made.owner, { input: anExpense({ tags: ['office'] }) });
    await client.createCategory(made.owner, { name });
    await client.createProject(made.owner, { name });
    await client.createAccount(made.owner, { name, kind: 'bank', currency: 'EUR', openingBalance: undefined });
  }
  await ratesOf(ledger).set(made, 'USD', 'EUR', '0.90', '2025-01-15');
  await sealed(ledger, made);
  return made;
}

/** What a superuser takes out of the way first: what keeps values short, and apart. */
const freedom = [
  `do $$ declare it record; begin
     for it in select conrelid::regclass as place, conname from pg_constraint
       where connamespace = 'ledger'::regnamespace and contype = 'c' and coninhcount = 0
         and conrelid in (
           select ('ledger.' || name)::regclass from unnest(array[
             'audit_seals', 'journal_entries', 'postings', 'journal_seals', 'expenses', 'accounts', 'categories', 'projects',
             'exchange_rates'
           ]) as name
         )
     loop execute format('alter table %s drop constraint %I', it.place, it.conname); end loop;
   end $$`,
  `drop index ledger.expenses_by_vendor, ledger.expenses_by_payment_method, ledger.accounts_by_name, ledger.accounts_name_key,
     ledger.categories_by_name, ledger.categories_name_key, ledger.projects_by_name, ledger.projects_name_key`,
  'drop index ledger.audit_entries_by_actor',
];

const thirtyMillion = `repeat('x', 30000000)`;
const tenMillion = `repeat('x', 10000000)`;

interface Giant {
  table: string;
  set: string;
  kind: string;
  /** What the fault says at its end. */
  says?: string;
  /** What else is named. */
  besides?: string[];
}

const ofText = (table: string, kind: string, columns: Record<string, string>, besides: string[] = []): Giant[] =>
  Object.entries(columns).map(([column, says]) => ({
    ...{ table, set: `${column} = ${tenMillion}`, kind, says, besides },
  }));

const references = { name: 'name', description: 'description' };
const beside = { audit: ['expense_unaudited', 'reference_unaudited', 'reference_changed'] };
const bytes = `convert_to(${thirtyMillion}, 'UTF8')`;

const giants: Giant[] = [
  ...['before', 'after'].map((column) => ({
    ...{ table: 'audit_entries', kind: 'audit_changed', besides: beside.audit },
    set: `${column} = jsonb_build_object('version', '1', 'title', repeat(chr(1), 190000000))`,
  })),
  ...ofText(
    'audit_entries',
    'audit_changed',
    { actor_kind: '', actor_id: '', request_id: '', action: '' },
    beside.audit,
  ),
  ...ofText('journal_entries', 'changed', { rate_source: '' }, ['expense_changed']),
  { table: 'journal_entries', set: 'rate = 10::numeric ^ 131071', kind: 'changed', besides: ['expense_changed'] },
  {
    ...{ table: 'journal_entries', set: `kind = ${thirtyMillion}`, kind: 'changed' },
    besides: ['expense_unbooked'],
  },
  ...['hash', 'previous_hash', 'entry_hash'].map((column) => ({
    ...{ table: 'journal_seals', set: `${column} = ${bytes}, key_id = coalesce(key_id, '')`, kind: 'seal_changed' },
    besides: ['head_mismatch'],
  })),
  ...['journal_seals', 'audit_seals'].flatMap((table) => {
    const prefix = table === 'audit_seals' ? 'audit_' : '';
    return [
      { table, set: `signature = ${bytes}`, kind: `${prefix}rewritten` },
      { table, set: `key_id = ${thirtyMillion}`, kind: `${prefix}seal_changed`, besides: [`${prefix}unproved`] },
    ];
  }),
  { table: 'journal_chains', set: `hash = ${bytes}`, kind: 'head_mismatch' },
  ...['hash', 'previous_hash', 'group_hash', 'entry_hashes'].map((column) => ({
    ...{ table: 'audit_seals', set: `${column} = ${bytes}, key_id = coalesce(key_id, '')`, kind: 'audit_seal_changed' },
    besides: ['audit_head_mismatch', 'audit_inserted', 'audit_changed'],
  })),
  ...['gen_random_uuid()', `'${'0'.repeat(32)}'::uuid`].map((id) => ({
    ...{ table: 'audit_seals', kind: 'audit_seal_changed', besides: ['audit_inserted'] },
    set: `entry_ids = entry_ids || array(select ${id} from generate_series(1, 3000000))`,
  })),
  ...ofText('expenses', 'expense_changed', {
    ...{ title: 'title', description: 'description', vendor: 'vendor', payment_method: 'payment method' },
    rate_source: 'rate',
  }),
  {
    ...{ table: 'expenses', kind: 'expense_changed', says: 'tags' },
    set: `tags = array(select 'tag ' || number from generate_series(1, 1000000) as number)`,
  },
  { table: 'expenses', set: `tags = array[${thirtyMillion}]`, kind: 'expense_changed', says: 'tags' },
  ...['categories', 'accounts', 'projects'].flatMap((table) => ofText(table, 'reference_changed', references)),
  ...ofText('projects', 'reference_changed', { code: 'code' }),
  ...ofText('accounts', 'reference_changed', { kind: 'kind' }),
  ...ofText('exchange_rates', 'reference_changed', { provider: 'provider', actor_kind: 'actor', actor_id: 'actor' }),
  { table: 'exchange_rates', set: 'rate = 10::numeric ^ 131071', kind: 'reference_changed', says: 'rate' },
];

/** Does something while all rows of the tenant in a table have such a value. */
async function whileGiant({ table, set }: Giant, act: () => Promise<void>): Promise<void> {
  await superuser.query(`set session_replication_role = replica; create table public.kept (like ledger.${table})`);
  await superuser.query(`insert into public.kept select * from ledger.${table} where tenant_id = $1`, [
    tenant.tenantId,
  ]);
  try {
    const newest = table.endsWith('_seals') ? 'order by sequence desc limit 1' : 'limit 1';
    await superuser.query(
      `update ledger.${table} set ${set}
       where tenant_id = $1 and ctid in (select ctid from ledger.${table} where tenant_id = $1 ${newest})`,
      [tenant.tenantId],
    );
    await act();
  } finally {
    await superuser.query(`delete from ledger.${table} where tenant_id = $1`, [tenant.tenantId]);
    await superuser.query(`insert into ledger.${table} select * from public.kept`);
    await superuser.query('drop table public.kept; set session_replication_role = origin');
  }
}

const saidOf = ({ faults }: contract.VerifyJournalResponse, kind: string) =>
  faults.filter((fault) => fault.kind === kind).map(({ detail }) => detail);

describe('what a superuser makes larger than the ledger ever writes it', () => {
  it.each(giants.map((giant) => [giant.table, giant.set, giant] as const))(
    'is named: %s, %s',
    async (_table, _set, giant) => {
      const { kind, says = '', besides = [] } = giant;
      await whileGiant(giant, async () => {
        const found = await verify(ledger, tenant);
        expect(saidOf(found, kind)).toEqual(expect.arrayContaining([expect.stringMatching(new RegExp(`${says}$`))]));
        expect([kind, ...besides]).toEqual(
          expect.arrayContaining([...new Set(found.faults.map((fault) => fault.kind))]),
        );
      });
    },
    30_000,
  );

  it('keeps nobody else’s verification waiting, and is gone once it is put right', async () => {
    for (const each of [tenant, untouched]) expect((await verify(ledger, each)).faults).toEqual([]);
  });
});
