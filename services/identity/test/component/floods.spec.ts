import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { newTenant } from '@outlay/testkit';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.stop());

let places = 0;
const newAddress = () => {
  places += 1;
  return `203.0.113.${places}`;
};

/** A registration as it comes from tenancy-billing, on behalf of whoever is at the address. */
async function register(address: string | undefined, given: { tenantId?: string; email?: string } = {}) {
  const tenant = newTenant();
  const context = {
    ...(await identity.asService(undefined, 'tenancy-billing')),
    ...(address !== undefined && { client: { address, userAgent: 'browser' } }),
  };
  const request = {
    tenantId: given.tenantId ?? newId(),
    tenantName: tenant.name,
    subdomain: tenant.subdomain,
    email: given.email ?? `${randomBytes(6).toString('hex')}@acme.example`,
    password,
    firstName: 'Mara',
    lastName: 'Lind',
    notAfter: undefined,
  };
  return { request, user: (await identity.client.createOwner(context, request)).user! };
}

const tooMany = { kind: 'rate_limited', code: 'too_many_registrations' };
const uses = (keyPrefix: string) =>
  identity.query<{ points: number }>('select points from identity.login_failures where key like $1', [`${keyPrefix}%`]);

describe('Registrations from one network', () => {
  it('end when there were thirty in an hour, and tell nothing of any address from then on', async () => {
    const here = newAddress();
    const first = await register(here);
    const taken = { email: first.request.email };
    for (let attempt = 1; attempt < 30; attempt += 1) {
      expect(await refusalOf(register(here, taken))).toMatchObject({ code: 'email_taken' });
    }

    for (const given of [taken, {}]) expect(await refusalOf(register(here, given))).toMatchObject(tooMany);
    const refusal = await register(here).catch((reason) => reason);
    expect(Number(refusal.meta.retry_after_ms)).toBeGreaterThan(3_500_000);

    // The repetition of one that was made is no attempt; others elsewhere go on.
    const again = await register(here, { email: first.request.email, tenantId: first.request.tenantId });
    expect(again.user.id).toBe(first.user.id);
    await expect(register(newAddress())).resolves.toBeDefined();
  });

  it('count for the network, in the database, and under no name that could be read', async () => {
    const before = (await uses('registration:network')).length;
    await register('2001:db8::1');
    await register('2001:db8::ffff');
    const counts = await uses('registration:network');
    expect(counts).toHaveLength(before + 1);
    expect(JSON.stringify(counts)).not.toContain('2001');
  });

  it('do not count where no client is behind them', async () => {
    const before = await uses('registration:network');
    for (let time = 0; time < 3; time += 1) await register(undefined);
    expect(await uses('registration:network')).toEqual(before);
  });
});

describe('A flood of API keys', () => {
  it('holds up nobody who logs in, and is refused where it is too much', async () => {
    const owner = await identity.createOwner();
    const asService = await identity.asService();
    const release = await identity.hold('lock table identity.api_key_secrets in access exclusive mode');
    const flood = Array.from({ length: 200 }, () =>
      refusalOf(
        identity.client.exchangeApiKey(
          { ...asService, client: { address: newAddress(), userAgent: 'machine' } },
          { secret: `outlay_${randomBytes(32).toString('base64url')}` },
        ),
      ),
    );
    await identity.untilWaiting(2);

    await expect(identity.logIn(owner.email)).resolves.toBeDefined();
    await expect(identity.logIn(owner.email)).resolves.toBeDefined();

    await release();
    const codes = Map.groupBy(await Promise.all(flood), ({ code }) => code);
    expect([...codes.keys()].toSorted()).toEqual(['api_key_invalid', 'overloaded']);
    expect(codes.get('overloaded')).toHaveLength(200 - 2 - 128);
  });
});
