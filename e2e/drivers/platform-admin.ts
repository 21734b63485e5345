import { eventually, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient } from './outlay-client.ts';

/** Who runs the platform of a test that is started with this environment. */
// Not a password that the API document gives as an example: sent with it, a request to erase oneself is granted.
export const platformAdmin = { email: 'platform@operator.example', password: 'Lanterns-on-the-quay' };

export const platformAdminEnvironment = {
  PLATFORM_ADMIN_EMAIL: platformAdmin.email,
  PLATFORM_ADMIN_PASSWORD: platformAdmin.password,
};

/** Puts a tenant on the larger plan. Identity and the ledger learn of it by an event, a moment later. */
export async function raisePlan(outlay: OutlayClient, tenantId: string): Promise<void> {
  const admin = await outlay.signIn(platformAdmin.email, platformAdmin.password);
  const answer = await admin.call('PUT', `/admin/tenants/${tenantId}/plan`, { plan: 'professional' });
  if (answer.status !== 200) throw new Error(`The plan was not changed: ${JSON.stringify(answer.body)}`);
}

/** A new tenant on the larger plan, with as many projects and accounts as its files bring, and a ledger that knows it. */
export async function registerProfessional(
  platform: Pick<TestPlatform, 'gatewayUrl' | 'database'>,
  settings: { currency: string },
): ReturnType<OutlayClient['registerTenant']> {
  const outlay = createOutlayClient(platform.gatewayUrl);
  const tenant = await outlay.registerTenant(settings);
  await raisePlan(outlay, tenant.tenantId);
  await eventually(async () => {
    const known = await platform.database.query('select plan from ledger.tenants where tenant_id = $1', [
      tenant.tenantId,
    ]);
    if ((known[0] as { plan?: string } | undefined)?.plan !== 'professional')
      throw new Error('The ledger has not heard of the plan');
  });
  return tenant;
}
