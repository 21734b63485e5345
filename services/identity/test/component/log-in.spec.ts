import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, createTokenVerifier } from '@outlay/platform';
import { bearing, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.stop());

const claimsOf = async (token: string) => {
  const { jwksJson } = await identity.client.getJwks(anonymousContext(), {});
  const loadKeys = async () => JSON.parse(jwksJson);
  return createTokenVerifier({ issuer: 'https://outlay.local', audience: 'outlay', loadKeys }).verify(token);
};

describe('signing in', () => {
  it('with the right password opens a session in the only tenant', async () => {
    const owner = await identity.createOwner();

    const answer = await identity.logIn(owner.email);

    expect(answer.user).toMatchObject({ id: owner.user.id, email: owner.email, platformAdmin: false });
    expect(answer.membership).toEqual({
      tenantId: owner.tenantId,
      tenantName: owner.tenantName,
      subdomain: owner.subdomain,
      role: 'owner',
    });
    expect(answer.session?.expiresInSeconds).toBe(3600);
    expect(await claimsOf(answer.session!.accessToken)).toMatchObject({
      sub: owner.user.id,
      tid: owner.tenantId,
      role: 'owner',
      kind: 'user',
      sid: answer.session!.sessionId,
    });
    const me = await identity.client.getMe(bearing(answer.session!.accessToken), {});
    expect(me).toEqual({ user: answer.user, membership: answer.membership, memberships: [answer.membership] });
  });

  it('takes the e-mail address in any case', async () => {
    const owner = await identity.createOwner();

    const answer = await identity.logIn(owner.email.toUpperCase());

    expect(answer.user?.id).toBe(owner.user.id);
  });

  it('is refused alike for a wrong password, a stranger and a tenant one does not belong to', async () => {
    const owner = await identity.createOwner();
    const other = await identity.createOwner();

    const refusals = await Promise.all([
      refusalOf(identity.logIn(owner.email, { password: 'wrong password' })),
      refusalOf(identity.logIn('nobody@acme.example')),
      refusalOf(identity.logIn('no address at all')),
      refusalOf(identity.logIn(owner.email, { tenantId: other.tenantId })),
    ]);

    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]).toMatchObject({ kind: 'unauthenticated', code: 'invalid_credentials' });
  });

  it('by somebody of several tenants needs the tenant named, and says which there are', async () => {
    const first = await identity.createOwner();
    const second = await identity.createOwner();
    await identity.client.addMember(await identity.asService(second.tenantId), {
      email: first.email,
      password: 'ignored, as the person exists',
      firstName: 'x',
      lastName: 'y',
      role: 'analyst',
    });

    const undecided = await identity.logIn(first.email).catch((error) => error);
    const entered = await identity.logIn(first.email, { tenantId: second.tenantId });

    expect(undecided).toMatchObject({ kind: 'conflict', code: 'tenant_required' });
    const offered: { id: string; role: string }[] = JSON.parse(undecided.meta.tenants);
    expect(new Map(offered.map(({ id, role }) => [id, role]))).toEqual(
      new Map([
        [first.tenantId, 'owner'],
        [second.tenantId, 'analyst'],
      ]),
    );
    expect(entered.membership).toMatchObject({ tenantId: second.tenantId, role: 'analyst' });
  });

  it('with nothing in the fields is a matter of validation', async () => {
    expect(await refusalOf(identity.logIn('', { password: '' }))).toMatchObject({ code: 'validation_failed' });
  });
});
