import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CallerContext, createSilentLogger } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { createTagTally, tallyAllTags } from '../../src/jobs/tag-tally.ts';
import { createLedgerDatabase, type LedgerDatabase } from '../../src/store/ledger-database.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let database: LedgerDatabase;
beforeAll(async () => {
  ledger = await startLedger();
  database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
});

const record = async (context: CallerContext, ...tags: string[]) =>
  (await ledger.client.recordExpense(context, { input: anExpense({ tags }) })).expense!;

/** Each tag with its count, page by page. */
async function tagsOf(context: CallerContext, prefix = '', limit = 2): Promise<Record<string, number>> {
  const found: [string, number][] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const { tags, page } = await ledger.client.listTags(context, { prefix, page: { limit, cursor } });
    found.push(...tags.map(({ name, expenseCount }): [string, number] => [name, Number(expenseCount)]));
    cursor = page!.nextCursor || undefined;
  }
  expect(found.map(([name]) => name)).toEqual(found.map(([name]) => name).toSorted());
  return Object.fromEntries(found);
}

const waiting = async ({ tenantId }: TestTenant): Promise<number> =>
  (await ledger.query('select from ledger.tag_changes where tenant_id = $1', [tenantId])).length;

describe('the tags of a tenant', () => {
  it('are those of its posted expenses, each with how many have it', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    await record(tenant.owner, 'office', 'travel');
    await record(tenant.admin, 'office', 'Travel', '_x', 'käse');
    await record(tenant.admin);
    await record(other.owner, 'theirs');

    expect(await tagsOf(tenant.analyst)).toEqual({ Travel: 1, _x: 1, käse: 1, office: 2, travel: 1 });
    expect(await tagsOf(other.owner)).toEqual({ theirs: 1 });
  });

  it('are found by what they begin with, whatever its case', async () => {
    const tenant = await ledger.tenant();
    await record(tenant.owner, 'Travel', 'travel 2025', 'time travel', '100%', '100 days');

    expect(await tagsOf(tenant.owner, 'TRAVEL')).toEqual({ Travel: 1, 'travel 2025': 1 });
    expect(await tagsOf(tenant.owner, '100%')).toEqual({ '100%': 1 });
    expect(await tagsOf(tenant.owner, 'x')).toEqual({});
  });

  it('are for a member those of their own expenses', async () => {
    const tenant = await ledger.tenant();
    await record(tenant.owner, 'shared', 'secret');
    await record(tenant.member, 'shared', 'mine');
    await record(tenant.otherMember, 'theirs');

    expect(await tagsOf(tenant.member)).toEqual({ mine: 1, shared: 1 });
    expect(await tagsOf(tenant.owner)).toEqual({ mine: 1, secret: 1, shared: 2, theirs: 1 });
  });

  it('follow edits and reversals', async () => {
    const tenant = await ledger.tenant();
    const first = await record(tenant.owner, 'a', 'b');
    await record(tenant.owner, 'b');
    const retag = (tags: string[]) =>
      ledger.client.editExpense(tenant.owner, {
        expenseId: first.id,
        input: anExpense({ tags }),
        updateMask: ['tags'],
      });

    await retag(['b', 'c']);
    expect(await tagsOf(tenant.owner)).toEqual({ b: 2, c: 1 });
    const titled = { expenseId: first.id, input: anExpense({ title: 'Other' }), updateMask: ['title'] };
    await ledger.client.editExpense(tenant.owner, titled);
    expect(await tagsOf(tenant.owner)).toEqual({ b: 2, c: 1 });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: first.id });

    expect(await tagsOf(tenant.owner)).toEqual({ b: 1 });
  });

  it('are counted the same while, and after, the changes are added up', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const gone = await record(tenant.owner, 'gone', 'kept');
    await record(tenant.member, 'kept');
    await record(other.owner, 'kept');
    await tallyAllTags(database);
    expect([await waiting(tenant), await waiting(other)]).toEqual([0, 0]);
    expect(await tagsOf(tenant.owner)).toEqual({ gone: 1, kept: 2 });

    await ledger.client.reverseExpense(tenant.owner, { expenseId: gone.id });
    expect(await tagsOf(tenant.owner)).toEqual({ kept: 1 });
    // Several at once, while more is recorded.
    await Promise.all([
      ...Array.from({ length: 3 }, () => tallyAllTags(database)),
      ...Array.from({ length: 8 }, () => record(tenant.owner, 'kept')),
    ]);
    expect(await tagsOf(tenant.owner)).toEqual({ kept: 9 });
    await tallyAllTags(database);

    expect(await tagsOf(tenant.owner)).toEqual({ kept: 9 });
    expect(await tagsOf(tenant.member)).toEqual({ kept: 1 });
    const counts = await ledger.query('select tag from ledger.tag_counts where tenant_id = $1', [tenant.tenantId]);
    expect(counts).toHaveLength(2);
  });

  it('that have changed more than readers should add up are added up behind them', async () => {
    const tenant = await ledger.tenant();
    await record(tenant.owner, 'tag');
    await ledger.query(
      `insert into ledger.tag_changes (tenant_id, user_id, tag, delta)
       select $1, $2, 'tag ' || number, 1 from generate_series(1, 1000) as number`,
      [tenant.tenantId, tenant.ids.ownerId],
    );

    expect(Object.keys(await tagsOf(tenant.owner, '', 200))).toHaveLength(1_001);

    await eventually(async () => expect(await waiting(tenant)).toBe(0));
    expect(Object.keys(await tagsOf(tenant.owner, '', 200))).toHaveLength(1_001);
  });

  it('are not added up by a process that stops', async () => {
    const tenant = await ledger.tenant();
    await record(tenant.owner, 'tag');
    const tally = createTagTally({ database, logger: createSilentLogger() });
    await tally.start?.();
    await tally.stop?.();

    tally.wake((await ledger.contextFor(tenant)).tenantId!);

    expect(await waiting(tenant)).toBe(1);
  });

  it.each([
    ['a prefix that is too long', { prefix: 'x'.repeat(51) }, 'prefix'],
    ['a cursor of another list', { page: { limit: 0, cursor: 'nonsense' } }, 'cursor'],
    ['too long a page', { page: { limit: 201, cursor: '' } }, 'limit'],
  ])('are not listed by %s', async (_what, request, field) => {
    const tenant = await ledger.tenant();

    const listed = ledger.client.listTags(tenant.owner, { prefix: '', page: undefined, ...request });

    await expect(listed).rejects.toMatchObject({ kind: 'invalid', details: [{ field }] });
  });
});
