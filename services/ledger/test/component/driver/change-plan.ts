import { expect } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { entitlementsOf, type Limits, type TestLedger, type TestTenant } from './start-ledger.ts';

/** Tells the ledger, as tenancy-billing does, of the limits that a tenant has from now on, and waits until it knows them. */
export async function changePlan(
  ledger: TestLedger,
  { tenantId }: Pick<TestTenant, 'tenantId'>,
  version: number,
  limits: Limits,
): Promise<void> {
  await ledger.publish<'outlay.tenancy.entitlements.changed.v1'>({
    ...{ type: 'outlay.tenancy.entitlements.changed.v1', tenantId, subject: tenantId, aggregateVersion: version },
    data: {
      plan: 'basic',
      planVersion: 1,
      entitlements: entitlementsOf(limits).map(({ limit, ...rest }) => ({ ...rest, limit: BigInt(limit) })),
      changedAt: new Date(),
    },
  });
  await eventually(async () => {
    const known = await ledger.query('select entitlements_version from ledger.tenants where tenant_id = $1', [
      tenantId,
    ]);
    expect(known).toEqual([{ entitlements_version: String(version) }]);
  });
}
