import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenancy } from '@outlay/contracts';
import { newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { type Harness, type PublishedEvent, startHarness } from './harness.ts';
import { accountIds, categoryIds, eventOf, expense, projectIds } from './ledger-model.ts';

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
    harness.client.getMonthSummary(harness.as({ tenantId, role }), { month });

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

  it('shows a name that was given when the category was created rather than one an expense carried', async () => {
    const tenantId = newTenantId();
    const created: PublishedEvent = {
      type: 'outlay.ledger.category.created.v1',
      aggregateVersion: 1,
      data: { category: { ...travel, name: 'Journeys', version: 1n, createdAt: undefined } },
    };

    await harness.publish(tenantId, [created, eventOf(expense({ id: newId(), category: travel }))]);
    await harness.publish(tenantId, [eventOf(expense({ id: newId(), category: travel }))]);

    await eventually(async () =>
      expect((await summaryOf(tenantId)).byCategory).toEqual([
        { id: travel.id, name: 'Journeys', totalMinor: 2_000n, count: 2n },
      ]),
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

  it('is for owners, admins and analysts and not for members', async () => {
    const tenantId = newTenantId();

    await expect(summaryOf(tenantId, '2025-01', 'analyst')).resolves.toMatchObject({ count: 0n });
    await expect(summaryOf(tenantId, '2025-01', 'member')).rejects.toMatchObject({ kind: 'forbidden' });
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
