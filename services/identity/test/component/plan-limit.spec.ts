import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { identity as contract } from '@outlay/contracts';
import { anonymousContext, createGrpcClient, createSilentLogger } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { compose } from '../../src/compose.ts';
import { newEmail, peopleOf } from './driver/people.ts';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
beforeAll(async () => {
  identity = await startIdentity();
  people = peopleOf(identity);
});
afterAll(() => identity.stop());

type Client = typeof identity.client;

const invite = (owner: Awaited<ReturnType<typeof people.owner>>, email = newEmail()) =>
  identity.client.inviteMember(owner.context, { email, role: 'member' });
const accept = (token: string, client: Client = identity.client) =>
  client.acceptInvitation(anonymousContext(), { token, password, firstName: 'Nora', lastName: 'Neu', code: '' });
const mailedTokens = async (tenantId: string) =>
  (await people.eventsOf(tenantId, 'invitation.sent')).map(({ data, subject }) =>
    people.openMailToken(data.sealedToken, subject),
  );
const allow = (tenantId: string, users: number) =>
  identity.query('update identity.tenants set entitlements = $2 where tenant_id = $1', [
    tenantId,
    JSON.stringify([{ metric: 'users', limit: String(users), mode: 'hard' }]),
  ]);
const membersOf = async (tenantId: string) => {
  const [row] = await identity.query<{ count: bigint }>(
    'select count(*) from identity.memberships where tenant_id = $1',
    [tenantId],
  );
  return Number(row!.count);
};

describe('the plan’s limit on users', () => {
  it('counts members and open invitations when somebody is invited, and says what it is about', async () => {
    const owner = await people.owner({ usersMax: 2 });
    const { invitation } = await invite(owner);

    const error = await invite(owner).catch((reason) => reason);

    expect(error).toMatchObject({
      kind: 'forbidden',
      code: 'plan_limit_reached',
      meta: { metric: 'users', limit: '2', used: '2', remedy: expect.any(String) },
    });
    await identity.client.revokeInvitation(owner.context, { invitationId: invitation!.id });
    await expect(invite(owner)).resolves.toBeDefined();
  });

  it('of the free plan is the owner alone', async () => {
    const owner = await people.owner({ usersMax: 1 });

    expect(await refusalOf(invite(owner))).toMatchObject({ code: 'plan_limit_reached' });
    expect(await refusalOf(people.member(owner.tenantId, 'member'))).toMatchObject({ code: 'plan_limit_reached' });
  });

  it('counts members alone when an invitation is accepted', async () => {
    const owner = await people.owner({ usersMax: 3 });
    await invite(owner);
    await invite(owner);
    await allow(owner.tenantId, 2);
    const [first, second] = await mailedTokens(owner.tenantId);

    await accept(first!);

    expect(await refusalOf(accept(second!))).toMatchObject({ code: 'plan_limit_reached' });
    await allow(owner.tenantId, 3);
    await expect(accept(second!)).resolves.toBeDefined();
  });

  it('leaves a tenant that has more than it may the people it has, and adds none', async () => {
    const owner = await people.owner({ usersMax: 3 });
    const member = await people.member(owner.tenantId, 'member');
    await allow(owner.tenantId, 1);

    await expect(identity.logIn(member.email)).resolves.toBeDefined();
    expect(await refusalOf(invite(owner))).toMatchObject({ code: 'plan_limit_reached' });
    const changed = identity.client.changeMemberRole(owner.context, {
      userId: member.user.id,
      role: 'analyst',
      version: undefined,
    });
    await expect(changed).resolves.toBeDefined();
  });

  it('is waited for in a tenant that was just registered', async () => {
    const owner = await people.owner();
    await identity.query('update identity.tenants set plan = null where tenant_id = $1', [owner.tenantId]);

    expect(await refusalOf(invite(owner))).toMatchObject({ kind: 'unavailable', code: 'plan_unknown' });
  });

  it('is exact for forty who accept at once, at two processes', async () => {
    const second = compose(identity.config, { logger: createSilentLogger() });
    const { grpcPort } = await second.start();
    const other = createGrpcClient(contract.IdentityServiceService, {
      address: `127.0.0.1:${grpcPort}`,
      logger: createSilentLogger(),
      deadlineMs: 30_000,
    }) as Client;
    await eventually(() => other.ping());
    const [owner, bystander] = [await people.owner(), await people.owner({ usersMax: 2 })];
    for (let index = 0; index < 40; index += 1) await invite(owner);
    const tokens = await mailedTokens(owner.tenantId);
    await allow(owner.tenantId, 5);

    const outcomes = await Promise.allSettled(
      tokens.map((token, index) => accept(token, index % 2 === 0 ? identity.client : other)),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'plan_limit_reached' });
    }
    expect(await membersOf(owner.tenantId)).toBe(5);
    expect(await people.eventsOf(owner.tenantId, 'member.joined')).toHaveLength(5);
    expect(await membersOf(bystander.tenantId)).toBe(1);
    other.close();
    await second.stop();
  });

  it('is exact though nobody’s membership is seen before all have been counted', async () => {
    const owner = await people.owner();
    for (let index = 0; index < 6; index += 1) await invite(owner);
    const tokens = await mailedTokens(owner.tenantId);
    await allow(owner.tenantId, 3);
    // Nobody gets past this to join, while everybody may look.
    const release = await identity.hold('lock table identity.memberships in exclusive mode');

    const outcomes = Promise.allSettled(tokens.map((token) => accept(token)));
    await identity.untilWaiting(tokens.length);
    await release();

    expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await membersOf(owner.tenantId)).toBe(3);
  });

  it('is exact for invitations that are sent at once', async () => {
    const owner = await people.owner({ usersMax: 5 });

    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => invite(owner)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  });
});
