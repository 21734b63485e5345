import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newTenant } from '@outlay/testkit';
import { bearing, password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.stop());

const newEmail = () => `${randomBytes(6).toString('hex')}@acme.example`;
const member = (given: object = {}) => ({
  email: newEmail(),
  password,
  firstName: 'Ida',
  lastName: 'Berg',
  role: 'member',
  ...given,
});
const eventsOf = (tenantId: string) =>
  identity.query<{ type: string; data: object }>(
    `select type, envelope -> 'data' as data from identity.outbox
     where tenant_id = $1 and type like 'outlay.identity.member.%' order by seq`,
    [tenantId],
  );
const ownerWithService = async () => {
  const owner = await identity.createOwner();
  return { owner, context: await identity.asService(owner.tenantId) };
};

describe('making the owner of a new tenant', () => {
  it('makes user, tenant and membership, and tells that they joined', async () => {
    const owner = await identity.createOwner();

    expect(await eventsOf(owner.tenantId)).toEqual([
      {
        type: 'outlay.identity.member.joined.v1',
        data: {
          userId: owner.user.id,
          email: owner.email,
          firstName: 'Mara',
          lastName: 'Lind',
          role: 'owner',
          joinedAt: expect.any(String),
        },
      },
    ]);
    const context = await identity.asService(undefined, 'tenancy-billing');
    expect((await identity.client.getTenantOwner(context, { tenantId: owner.tenantId })).user).toEqual(owner.user);
  });

  it('can be repeated, also at the same time', async () => {
    const { tenantId, name, subdomain } = newTenant();
    const request = { tenantId, tenantName: name, subdomain, email: newEmail() };

    const made = await Promise.all(Array.from({ length: 5 }, () => identity.createOwner(request)));
    made.push(await identity.createOwner(request));

    expect(new Set(made.map((owner) => owner.user.id)).size).toBe(1);
    expect(await eventsOf(tenantId)).toHaveLength(1);
  });

  it('is refused for an e-mail that somebody has, in any case, and leaves nothing', async () => {
    const owner = await identity.createOwner();
    const { tenantId } = newTenant();

    const attempt = identity.createOwner({ tenantId, email: owner.email.toUpperCase() });

    expect(await refusalOf(attempt)).toMatchObject({ kind: 'conflict', code: 'email_taken' });
    expect(
      (await identity.client.getTenantOwner(await identity.asService(undefined, 'tenancy-billing'), { tenantId })).user,
    ).toBeUndefined();
    expect(await identity.query('select 1 from identity.tenants where tenant_id = $1', [tenantId])).toEqual([]);
  });

  it('goes to one of two who want the same e-mail at the same time', async () => {
    const email = newEmail();

    const outcomes = await Promise.allSettled([1, 2, 3].map(() => identity.createOwner({ email })));

    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'email_taken' });
    }
  });

  it('is refused for a tenant that somebody else owns', async () => {
    const { tenantId } = await identity.createOwner();

    expect(await refusalOf(identity.createOwner({ tenantId }))).toMatchObject({ code: 'tenant_owned' });
  });

  it('comes too late once the registration may have been given up, and leaves the e-mail free', async () => {
    const { tenantId } = newTenant();
    const email = newEmail();

    const attempt = identity.createOwner({ tenantId, email, notAfter: new Date() });

    expect(await refusalOf(attempt)).toMatchObject({ kind: 'unavailable', code: 'registration_too_late' });
    expect(
      (await identity.client.getTenantOwner(await identity.asService(undefined, 'tenancy-billing'), { tenantId })).user,
    ).toBeUndefined();
    const inTime = await identity.createOwner({ email, notAfter: new Date(Date.now() + 20_000) });
    expect(inTime.user.email).toBe(email);
  });

  it('names every field that is wrong', async () => {
    const wrong = {
      tenantId: 'x',
      tenantName: '',
      email: 'nobody',
      firstName: ' ',
      lastName: 'x'.repeat(101),
      password: 'short',
    };

    const error = await identity.createOwner(wrong).catch((reason) => reason);

    expect(error.details.map((detail: { field: string }) => detail.field)).toEqual([
      'tenant_id',
      'tenant_name',
      'email',
      'password',
      'first_name',
      'last_name',
    ]);
    expect(error.details[3]).toMatchObject({ code: 'password_too_short' });
  });
});

describe('adding a member', () => {
  it('makes somebody new, who can sign in with their role', async () => {
    const { owner, context } = await ownerWithService();
    const request = member({ role: 'analyst' });

    const { user, role } = await identity.client.addMember(context, request);

    expect(role).toBe('analyst');
    const { membership } = await identity.logIn(request.email);
    expect(membership).toMatchObject({ tenantId: owner.tenantId, role: 'analyst' });
    expect((await eventsOf(owner.tenantId)).at(-1)).toMatchObject({ data: { userId: user!.id, role: 'analyst' } });
  });

  it('joins somebody who is known and leaves their password and name', async () => {
    const { context } = await ownerWithService();
    const known = await identity.createOwner();

    const { user } = await identity.client.addMember(context, member({ email: known.email, password: 'another one' }));

    expect(user).toEqual(known.user);
    await expect(identity.logIn(known.email, { tenantId: known.tenantId })).resolves.toBeDefined();
    expect(await refusalOf(identity.logIn(known.email, { password: 'another one' }))).toMatchObject({
      code: 'invalid_credentials',
    });
  });

  it('is refused for whoever belongs to the tenant, and for ownership', async () => {
    const { owner, context } = await ownerWithService();

    const twice = await refusalOf(identity.client.addMember(context, member({ email: owner.email })));
    const usurper = await refusalOf(identity.client.addMember(context, member({ role: 'owner' })));

    expect(twice).toMatchObject({ kind: 'conflict', code: 'already_member' });
    expect(usurper).toMatchObject({ kind: 'invalid' });
  });

  it('is for services alone: people are invited', async () => {
    const owner = await identity.createOwner();
    const { session } = await identity.logIn(owner.email);

    const attempt = identity.client.addMember(bearing(session!.accessToken), member());

    expect(await refusalOf(attempt)).toMatchObject({ kind: 'forbidden', code: 'access_denied' });
  });

  it('has one effect per idempotency key, and keeps no password that could be guessed', async () => {
    const { owner, context } = await ownerWithService();
    const keyed = { ...context, idempotencyKey: randomUUID() };
    const request = member();

    const answers = await Promise.all(Array.from({ length: 5 }, () => identity.client.addMember(keyed, request)));

    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await eventsOf(owner.tenantId)).toHaveLength(2);
    const changed = identity.client.addMember(keyed, { ...request, password: 'Password124' });
    expect(await refusalOf(changed)).toMatchObject({ code: 'idempotency_key_reused' });
  });
});
