import type { reporting } from '@outlay/contracts';
import type { FakeHandlers, TestTenant } from '@outlay/testkit';
import { at } from './fixtures.ts';

export function fakeReporting(tenant: TestTenant): FakeHandlers {
  return {
    getMonthSummary: ({ month }: reporting.GetMonthSummaryRequest) => ({
      month,
      currency: 'EUR',
      totalMinor: 11830n,
      count: 2n,
      refundsTotalMinor: -350n,
      refundsCount: 1n,
      byCategory: [{ id: '', name: '', totalMinor: 11830n, count: 2n }],
      byProject: [],
      byAccount: [],
    }),
    rebuildTenant: ({ tenantId }: reporting.RebuildTenantRequest) => ({
      tenantId: tenantId || tenant.tenantId,
      expenses: 2n,
      repaired: 0n,
      asOf: at,
    }),
  };
}
