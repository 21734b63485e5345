import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ledger, tenancy } from '@outlay/contracts';
import { newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { countWrongTotals, recomputeTotals } from '../../src/rebuild-statements.ts';
import { type Harness, type PublishedEvent, startHarness } from './harness.ts';
import { accountIds, categoryIds, eventOf, expense, projectIds } from './ledger-model.ts';
import { openDatabase } from './read-models.ts';

const travel = { id: categoryIds[0]!, name: 'Travel' };
const meals = { id: categoryIds[1]!, name: 'Meals' };
const website = { id: projectIds[0]!, name: 'Website' };
const card = { id: accountIds[0]!, name: 'Card' };

describe('the summary of a month', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({
      tenancy: {
        getTenant: () => tenancy.GetTenantResponse.fromPartial({ tenant: { settings: { currency: 'CHF' } } }),
      },
    });
  });
  afterAll(() => harness.stop());

  const newTenantId = () => toTenantId(newId());
  const summaryOf = (tenantId: string, month = '2025-01', role: 'owner' | 'analyst' | 'member' = 'owner') =>
    harness.client.getMonthSummary(harness.as({ tenantId, role }), { month, userId: '' });

  it('counts a refund by what was paid, though it be worth nothing in the books', async () => {
    const tenantId = newTenantId();
    const cents = (amountMinor: bigint) => {
      const booked = { currency: 'JPY', amountMinor: 0n };
      return eventOf(expense({ id: newId(), amount: { currency: 'USD', amountMinor }, booked, userId: tenantId }));
    };

    await harness.publish(tenantId, [cents(-30n), cents(30n)]);

    const counted = { totalMinor: 0n, count: 2n, refundsTotalMinor: 0n, refundsCount: 1n };
    await eventually(async () => expect(await summaryOf(tenantId)).toMatchObject(counted));
    const ofPerson = { month: '2025-01', userId: tenantId };
    expect(await harness.client.getMonthSummary(harness.as({ tenantId, role: 'owner' }), ofPerson)).toMatchObject(
      counted,
    );
  });

  it('adds up expenses and refunds, in all and by category, project and account', async () => {
    const tenantId = newTenantId();

    await harness.publish(tenantId, [
      eventOf(expense({ id: newId(), amountMinor: 12_550n, category: travel, project: website, account: card })),
      eventOf(expense({ id: newId(), amountMinor: 30_000n, category: meals, account: card })),
      eventOf(expense({ id: newId(), amountMinor: -2_000n, category: travel, account: card })),
      eventOf(expense({ id: newId(), amountMinor: 99n, expenseDate: '2025-02-01', category: meals })),
    ]);

    await eventually(async () =>
      expect(await summaryOf(tenantId)).toEqual({
        month: '2025-01',
        currency: 'EUR',
        totalMinor: 40_550n,
        count: 3n,
        refundsTotalMinor: -2_000n,
        refundsCount: 1n,
        byCategory: [
          { ...meals, totalMinor: 30_000n, count: 1n },
          { ...travel, totalMinor: 10_550n, count: 2n },
        ],
        byProject: [
          { id: '', name: '', totalMinor: 28_000n, count: 2n },
          { ...website, totalMinor: 12_550n, count: 1n },
        ],
        byAccount: [{ ...card, totalMinor: 40_550n, count: 3n }],
      }),
    );
    expect(await summaryOf(newTenantId())).toMatchObject({ totalMinor: 0n, count: 0n, byCategory: [] });
  });

  it('goes on counting beyond 64 bits, and arrives at the same when all is counted anew', async () => {
    const tenantId = newTenantId();
    const largest = 10n ** 15n;
    const spent = Array.from({ length: 9_500 }, () => ({ id: newId(), amountMinor: largest, category: travel }));
    const refunded = spent.map((one) => ({ ...one, id: newId(), amountMinor: -largest, category: meals }));
    const [mara, month] = [newId(), '2025-01'];

    await harness.publish(
      tenantId,
      spent.map((one) => eventOf(expense({ ...one, userId: mara }))),
    );

    const beyond = { longTotalMinor: String(9_500n * largest) };
    const counted = { count: 9_500n, totalMinor: 0n, ...beyond, byCategory: [{ ...travel, ...beyond }] };
    await eventually(async () => expect(await summaryOf(tenantId)).toMatchObject(counted), { timeoutMs: 60_000 });
    const ofMara = harness.client.getMonthSummary(harness.as({ tenantId, role: 'owner' }), { month, userId: mara });
    expect(await ofMara).toMatchObject(counted);

    await harness.publish(
      tenantId,
      refunded.map((one) => eventOf(expense(one))),
    );
    await eventually(
      async () =>
        expect(await summaryOf(tenantId)).toMatchObject({
          ...{ count: 19_000n, totalMinor: 0n, longTotalMinor: undefined, refundsTotalMinor: 0n },
          longRefundsTotalMinor: String(-9_500n * largest),
        }),
      { timeoutMs: 60_000 },
    );

    const before = await summaryOf(tenantId);
    const database = openDatabase(harness.database);
    const wrong = await database.withTenant({ tenantId }, async (session) => {
      const count = await countWrongTotals(session);
      await recomputeTotals(session);
      return count;
    });
    await database.close();
    expect(wrong).toBe(0n);
    expect(await summaryOf(tenantId)).toEqual(before);
  }, 150_000);

  it('shows a name that was given when the category was created rather than one an expense carried', async () => {
    const tenantId = newTenantId();
    const created: PublishedEvent = {
      type: 'outlay.ledger.category.created.v1',
      aggregateVersion: 1,
      data: { category: ledger.Category.fromPartial({ ...travel, name: 'Journeys', version: 1n }) },
    };

    await harness.publish(tenantId, [created, eventOf(expense({ id: newId(), category: travel }))]);
    await harness.publish(tenantId, [eventOf(expense({ id: newId(), category: travel }))]);

    await eventually(async () =>
      expect((await summaryOf(tenantId)).byCategory).toEqual([
        { id: travel.id, name: 'Journeys', totalMinor: 2_000n, count: 2n },
      ]),
    );
  });

  it('shows the newest name of what was renamed, archived or restored, whatever comes late', async () => {
    const tenantId = newTenantId();
    const named = (what: 'updated' | 'archived' | 'restored', name: string, version: bigint): PublishedEvent => ({
      type: `outlay.ledger.category.${what}.v1`,
      aggregateVersion: Number(version),
      data: { category: ledger.Category.fromPartial({ ...travel, name, version }) },
    });
    const renamed: PublishedEvent[] = [
      {
        type: 'outlay.ledger.project.updated.v1',
        aggregateVersion: 2,
        data: { project: ledger.Project.fromPartial({ ...website, name: 'Shop', version: 2n }) },
      },
      {
        type: 'outlay.ledger.account.archived.v1',
        aggregateVersion: 2,
        data: { account: ledger.Account.fromPartial({ ...card, name: 'Old card', version: 2n }) },
      },
    ];
    const spent = { id: newId(), category: travel, project: website, account: card };

    await harness.publish(tenantId, [eventOf(expense(spent)), named('restored', 'Journeys', 4n), ...renamed]);
    await harness.publish(tenantId, [named('updated', 'Trips', 2n), named('archived', 'Trips', 3n)]);
    await harness.publish(tenantId, [eventOf(expense({ ...spent, id: newId() }))]);

    await eventually(async () =>
      expect(await summaryOf(tenantId)).toMatchObject({
        byCategory: [{ name: 'Journeys', count: 2n }],
        byProject: [{ name: 'Shop', count: 2n }],
        byAccount: [{ name: 'Old card', count: 2n }],
      }),
    );
  });

  it('is in the currency of the settings where nothing is booked, the newest settings counting', async () => {
    const tenantId = newTenantId();
    const updated = (currency: string, aggregateVersion: number): PublishedEvent => ({
      type: 'outlay.tenancy.tenant.updated.v1',
      aggregateVersion,
      data: {
        name: 'Acme',
        subdomain: 'acme',
        status: 'active',
        settings: { currency, timezone: 'UTC', dateFormat: 'YYYY-MM-DD' },
        updatedAt: undefined,
      },
    });

    await harness.publish(tenantId, [updated('JPY', 3)]);
    await eventually(async () => expect((await summaryOf(tenantId)).currency).toBe('JPY'));
    await harness.publish(tenantId, [updated('USD', 2), updated('GBP', 4)]);

    await eventually(async () => expect((await summaryOf(tenantId)).currency).toBe('GBP'));
  });

  it('asks tenancy-billing for the currency of a tenant it has not heard of', async () => {
    const summary = await summaryOf(newTenantId());

    expect(summary).toMatchObject({ currency: 'CHF', totalMinor: 0n, count: 0n });
  });

  it.each(['2025-13', '2025-00', '2025-1', '0000-01', '2025-01-01', '', "2025-01' or '1'='1"])(
    'refuses %p as a month',
    async (month) => {
      const asking = summaryOf(newTenantId(), month);

      await expect(asking).rejects.toMatchObject({
        kind: 'invalid',
        details: [{ field: 'month', code: 'month_invalid' }],
      });
    },
  );

  describe('of one person', () => {
    const [mara, noor] = [newId(), newId()];
    const tenantId = newTenantId();
    const askedBy = (role: 'analyst' | 'member', userId: string, whose: string) =>
      harness.client.getMonthSummary(harness.as({ tenantId, role, userId }), { month: '2025-01', userId: whose });
    const marasFigures = {
      currency: 'EUR',
      totalMinor: 900n,
      count: 2n,
      refundsTotalMinor: -100n,
      refundsCount: 1n,
      byCategory: [
        { ...travel, totalMinor: 1_000n, count: 1n },
        { id: '', name: '', totalMinor: -100n, count: 1n },
      ],
    };

    beforeAll(async () => {
      const gone = expense({ id: newId(), userId: mara, amountMinor: 7n });
      await harness.publish(tenantId, [
        eventOf(expense({ id: newId(), userId: mara, category: travel })),
        eventOf(expense({ id: newId(), userId: mara, amountMinor: -100n })),
        eventOf(expense({ id: newId(), userId: mara, expenseDate: '2025-02-01' })),
        eventOf(expense({ id: newId(), userId: noor, amountMinor: 30_000n, category: travel })),
        eventOf(gone),
        eventOf({ ...gone, status: 'reversed', version: 2n }),
      ]);
      await eventually(async () => expect((await summaryOf(tenantId)).count).toBe(3n));
    });

    it('shows members what is theirs and nothing of the others', async () => {
      expect(await askedBy('member', mara, '')).toMatchObject(marasFigures);
      expect(await askedBy('member', mara, mara)).toMatchObject(marasFigures);
      expect(await askedBy('member', mara, mara.toUpperCase())).toMatchObject(marasFigures);
      expect(await askedBy('member', mara, noor)).toMatchObject({ currency: 'EUR', count: 0n, byCategory: [] });
    });

    it('shows the others whomever they ask for', async () => {
      expect(await askedBy('analyst', noor, mara)).toMatchObject(marasFigures);
      expect(await askedBy('analyst', noor, '')).toMatchObject({ totalMinor: 30_900n, count: 3n });
      expect(await askedBy('analyst', noor, newId())).toMatchObject({ count: 0n });
    });

    it('refuses what is no id', async () => {
      await expect(askedBy('analyst', noor, 'mara')).rejects.toMatchObject({
        kind: 'invalid',
        details: [{ field: 'user_id', code: 'uuid_invalid' }],
      });
    });
  });

  it('counts an event once that is delivered again, and by two replicas', async () => {
    const tenantId = newTenantId();
    await harness.startReplica();
    const events = Array.from({ length: 300 }, () => eventOf(expense({ id: newId(), amountMinor: 1n })));

    await harness.publish(tenantId, events, 3);

    await eventually(async () => expect((await summaryOf(tenantId)).count).toBe(300n));
    expect(await summaryOf(tenantId)).toMatchObject({ totalMinor: 300n, byAccount: [{ id: '', count: 300n }] });
  });
});
