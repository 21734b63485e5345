import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, createSilentLogger, type Database, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import type pg from 'pg';
import { segmentJournal } from '../../src/books/segment-journal.ts';
import { pastTriggers } from './driver/past-triggers.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
let database: Database;
let untouched: TestTenant;
const tenants = new Map<string, TestTenant>();
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
  const url = ledger.database.urlFor('ledger');
  database = createDatabase({ url, applicationName: 'books', logger: createSilentLogger() });
  [untouched] = await Promise.all([
    tenantWithSegments(),
    ...deeds.map(async ({ name }) => tenants.set(name, await tenantWithSegments())),
  ]);
}, 60_000);
afterAll(async () => {
  await database.close();
  await stop();
});

/** Three segments of four postings each, two expenses, and an expense behind them. */
async function tenantWithSegments(): Promise<TestTenant> {
  const tenant = await ledger.tenant();
  for (let made = 0; made < 7; made++) {
    await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({ expenseDate: made % 2 === 0 ? '2025-01-15' : '2025-02-15' }),
    });
  }
  await sealed(ledger, tenant);
  for (let made = 0; made < 3; made++) {
    await eventually(async () => expect(await segmentJournal(database, toTenantId(tenant.tenantId), 4)).toBe(true), {
      timeoutMs: 20_000,
    });
  }
  return tenant;
}

interface Deed {
  name: string;
  /** The segments that are named. */
  segments: number[];
  says: string;
  /** What keeps it from being done. */
  drops?: string;
  /** $1 is the tenant. */
  does: string;
}

/** What is in the second segment. */
const inSecond = `recorded_at > (select recorded_through from ledger.journal_segments where tenant_id = $1 and number = 1)
  and recorded_at <= (select recorded_through from ledger.journal_segments where tenant_id = $1 and number = 2)`;
const aLine = `(tenant_id, entry_id, line) = (
  select tenant_id, entry_id, line from ledger.segment_postings where tenant_id = $1 and ${inSecond} order by entry_id, line limit 1
)`;
const aSum = `(tenant_id, segment, ledger_account_id, effective_month, currency) = (
  select tenant_id, segment, ledger_account_id, effective_month, currency from ledger.segment_sums
  where tenant_id = $1 and segment = 2 order by ledger_account_id, effective_month limit 1
)`;
const set = (name: string, assignment: string): Deed => ({
  ...{ name, segments: [2], says: '1 postings changed' },
  does: `update ledger.segment_postings set ${assignment} where ${aLine}`,
});
const copied = (columns: string, from: string): string => `insert into ledger.segment_postings
  (tenant_id, ledger_account_id, effective_date, recorded_at, entry_id, line, currency, amount_minor)
  select tenant_id, ledger_account_id, effective_date, ${columns}, currency, amount_minor
  from ledger.segment_postings where ${from}`;
const summed = (segment: string): string => `insert into ledger.segment_sums
  (tenant_id, ledger_account_id, segment, effective_month, currency, debits_minor, credits_minor)
  select tenant_id, ledger_account_id, ${segment}, effective_month, currency, debits_minor, credits_minor
  from ledger.segment_sums where ${aSum}`;

const deeds: Deed[] = [
  set('changes an amount', 'amount_minor = amount_minor + 1'),
  set('changes a currency', "currency = 'USD'"),
  set('moves a posting to another day', "effective_date = '2025-01-16'"),
  set('moves a posting to another account', 'ledger_account_id = gen_random_uuid()'),
  {
    ...{ name: 'drops a posting', segments: [2], says: '1 postings missing' },
    does: `delete from ledger.segment_postings where ${aLine}`,
  },
  {
    ...{ name: 'adds a posting', segments: [2], says: '1 postings too many' },
    does: copied('recorded_at, gen_random_uuid(), line', aLine),
  },
  {
    ...{ name: 'shows a posting twice', segments: [2], says: '1 postings too many' },
    drops: 'alter table ledger.segment_postings drop constraint if exists segment_postings_pkey',
    does: copied('recorded_at, entry_id, line', aLine),
  },
  {
    ...{ name: 'adds up a sum twice', segments: [2], says: '1 sums' },
    drops: 'alter table ledger.segment_sums drop constraint if exists segment_sums_pkey',
    does: summed('segment'),
  },
  {
    ...{ name: 'shows a posting in another account as well', segments: [2], says: '1 postings changed' },
    does: copied('recorded_at, entry_id, line', aLine).replace(
      'select tenant_id, ledger_account_id',
      'select tenant_id, gen_random_uuid()',
    ),
  },
  {
    ...{ name: 'adds a posting behind the segments', segments: [], says: 'of no segment' },
    does: copied("'infinity', entry_id, line", aLine),
  },
  {
    ...{ name: 'adds a posting before everything', segments: [], says: 'of no segment' },
    does: copied("'-infinity', entry_id, line", aLine),
  },
  ...['debits_minor', 'credits_minor'].map((side) => ({
    ...{ name: `changes the ${side} of a sum`, segments: [2], says: '1 sums' },
    does: `update ledger.segment_sums set ${side} = ${side} + 1 where ${aSum}`,
  })),
  {
    ...{ name: 'drops a sum', segments: [2], says: '1 sums' },
    does: `delete from ledger.segment_sums where ${aSum}`,
  },
  {
    ...{ name: 'moves a sum to another month', segments: [2], says: '2 sums' },
    does: `update ledger.segment_sums set effective_month = '2024-01-01' where ${aSum}`,
  },
  {
    ...{ name: 'adds a sum', segments: [3], says: '1 sums' },
    does: summed('3').replace(
      'effective_month, currency, debits_minor, credits_minor\n  from',
      "'2020-01-01', currency, debits_minor, credits_minor\n  from",
    ),
  },
  { ...{ name: 'adds a sum of no segment', segments: [1], says: '1 sums' }, does: summed('0') },
  { ...{ name: 'adds a sum behind the segments', segments: [], says: 'of no segment' }, does: summed('4') },
  {
    ...{ name: 'ends a segment elsewhere', segments: [2, 3], says: '2 sums' },
    does: `update ledger.journal_segments as segment set recorded_through = line.recorded_at
      from (select recorded_at from ledger.postings where tenant_id = $1 order by recorded_at offset 4 limit 1) as line
      where segment.tenant_id = $1 and segment.number = 2`,
  },
  {
    ...{ name: 'drops a segment', segments: [3], says: 'Segments behind 1 and before 3 are gone' },
    does: 'delete from ledger.journal_segments where tenant_id = $1 and number = 2',
  },
  {
    ...{ name: 'drops the last segment', segments: [], says: 'of no segment' },
    does: 'delete from ledger.journal_segments where tenant_id = $1 and number = 3',
  },
];

describe('a superuser who changes what the books are read from and not the journal', () => {
  it.each(deeds.map((deed) => [deed.name, deed] as const))(
    '%s is found out',
    async (name, { segments, says, drops, does }) => {
      const tenant = tenants.get(name)!;
      expect((await verify(ledger, tenant)).faults).toEqual([]);

      if (drops) await superuser.query(drops);
      await pastTriggers(superuser, () => superuser.query(does, [tenant.tenantId]));

      const { faults } = await verify(ledger, tenant);
      expect(faults.length).toBeGreaterThan(0);
      for (const fault of faults)
        expect(fault).toMatchObject({ kind: 'segment_changed', expenseId: '', accountId: '' });
      expect(faults.map(({ detail }) => detail).join('\n')).toContain(says);
      const named = faults.flatMap(({ detail }) => /^Segment (\d+) /.exec(detail)?.[1] ?? []);
      expect(named).toEqual(segments.map(String));
      expect((await verify(ledger, untouched)).faults).toEqual([]);
    },
  );
});
