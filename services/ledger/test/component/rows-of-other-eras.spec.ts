import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Places, tenantWithAll } from './driver/forged-subjects.ts';
import type { Forgery } from './driver/forgery.ts';
import { referencesOf } from './driver/references.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let forgery: Forgery;
let stop: () => Promise<void>;
let tenant: TestTenant;
let places: Places;
beforeAll(async () => {
  ({ ledger, forgery, stop } = await startLedgerAndSuperuser());
  ({ tenant, places } = await tenantWithAll(ledger));
});
afterAll(() => stop());

const first = new Date('0001-01-01T00:00:00.000Z');
const last = new Date('9999-12-31T23:59:59.999Z');

describe.each([
  ['infinity', last],
  ['-infinity', first],
  ['0044-03-15 12:00:00+00 BC', first],
  ['12026-01-01 00:00:00+00', last],
])('an instant that is %s because somebody has made it that', (instant, nearest) => {
  it.each(['category', 'account', 'project'] as const)('keeps nobody from a %s', async (kind) => {
    const { owner } = tenant;
    const references = referencesOf(ledger)[kind];
    await forgery.set(places[kind], `archived_at = '${instant}', created_at = '${instant}'`);

    const shown = { id: places[kind].id, archivedAt: nearest, createdAt: nearest };
    expect(await references.get(owner, places[kind].id)).toMatchObject(shown);
    expect((await references.list(owner, { archived: 'true' })).items).toContainEqual(expect.objectContaining(shown));
    expect(await references.change(owner, places[kind].id, { description: instant })).toMatchObject(shown);
    expect(await references.change(owner, places[kind].id, { archived: false })).toMatchObject({
      archivedAt: undefined,
      createdAt: nearest,
    });
  });

  it('keeps nobody from a rate', async () => {
    const { owner } = tenant;
    const { id } = places.rate;
    await forgery.set(places.rate, `recorded_at = '${instant}'`, 'revision = 2');

    const { exchangeRate } = await ledger.client.getExchangeRate(owner, { exchangeRateId: id });
    expect(exchangeRate).toMatchObject({ recordedAt: nearest });
  });

  it('keeps nobody from an expense, nor from those behind it in a list', async () => {
    const { owner } = tenant;
    const { id } = places.recorded;
    await forgery.set(places.recorded, `created_at = '${instant}', updated_at = '${instant}'`);

    const { expense } = await ledger.client.getExpense(owner, { expenseId: id });
    expect(expense).toMatchObject({ createdAt: nearest, updatedAt: nearest });
    for (const sort of ['created_at', '-created_at']) {
      const listed = [];
      for (let cursor: string | undefined; cursor !== ''; ) {
        const answer = await ledger.client.listExpenses(owner, {
          ...{ filter: undefined, sort, page: { limit: 1, cursor: cursor ?? '' } },
        });
        listed.push(...answer.expenses.map((one) => one.id));
        cursor = answer.page!.nextCursor;
      }
      expect(listed.toSorted()).toEqual([id, places.edited.id].toSorted());
    }
    const edit = { expenseId: id, updateMask: ['vendor'], input: anExpense({ vendor: instant }) };
    expect((await ledger.client.editExpense(owner, edit)).expense).toMatchObject({ createdAt: nearest });
  });
});
