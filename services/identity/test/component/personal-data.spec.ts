import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, newTenant } from '@outlay/testkit';
import { withAuthenticator } from './driver/authenticator.ts';
import { mailsOf } from './driver/mails.ts';
import { newEmail, peopleOf } from './driver/people.ts';
import { bearing, password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let mails: ReturnType<typeof mailsOf>;
beforeAll(async () => {
  identity = await startIdentity();
  people = peopleOf(identity);
  mails = mailsOf(identity);
});
afterAll(() => identity.stop());

type Signed = Awaited<ReturnType<typeof people.owner>>;

const client = { address: '203.0.113.77', userAgent: 'canary browser' };
const erase = ({ context }: Signed, given: { password?: string; code?: string } = {}) =>
  identity.client.eraseMe({ ...context, client }, { password, code: '', ...given });
// biome-ignore lint/suspicious/noExplicitAny: it is JSON that the person takes along
const exported = async ({ context }: Signed): Promise<any> => (await identity.client.exportMe(context, {})).data;

/** A member of two tenants, whose names and address nobody else has. */
const aMember = async () => {
  const [acme, globex] = [await people.owner(), await people.owner()];
  const email = newEmail();
  const named = { email, firstName: `Canary${email.slice(0, 6)}`, lastName: `Finch${email.slice(0, 6)}` };
  const ida = await people.member(acme.tenantId, 'member', named);
  await people.member(globex.tenantId, 'analyst', named);
  return { ida, acme, globex, named };
};

/** The tables that still hold a text somewhere. Events that have left are another matter. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await identity.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_schema in ('identity', 'identity_jobs') and table_type = 'BASE TABLE'
       and table_name !~ '^(outbox|idempotent_answers|idempotency_keys)'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await identity.query(`select 1 from ${name} as row where row::text ilike '%' || $1 || '%' limit 1`, [
      text,
    ]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

describe('somebody who belongs to no tenant any more', () => {
  it('signs in outside of all, takes along what is kept of them and has it erased', async () => {
    const owner = await people.owner();
    const ida = await people.member(owner.tenantId, 'member');
    await identity.client.removeMember(owner.context, { userId: ida.user.id, version: undefined });
    const refused = { code: 'invalid_credentials' };
    expect(await refusalOf(identity.logIn(ida.email, { tenantId: owner.tenantId }))).toMatchObject(refused);
    expect(await refusalOf(identity.logIn(ida.email, { password: 'wrong' }))).toMatchObject(refused);

    const { session, membership } = await identity.logIn(ida.email);

    expect(membership).toBeUndefined();
    const outside = { ...ida, context: bearing(session!.accessToken) };
    const me = await identity.client.getMe(outside.context, {});
    expect(me).toMatchObject({ user: { id: ida.user.id, platformAdmin: false }, memberships: [] });
    expect(me.membership).toBeUndefined();
    const listing = identity.client.listMembers(outside.context, { page: undefined, role: '' });
    expect(await refusalOf(listing)).toMatchObject({ kind: 'forbidden' });
    expect((await identity.refresh(session!.refreshToken)).membership).toBeUndefined();
    expect(await refusalOf(identity.refresh(ida.session.refreshToken))).toMatchObject({
      code: 'refresh_token_invalid',
    });
    expect((await exported(outside)).memberships).toEqual([]);
    await erase(outside);
    expect(await refusalOf(identity.logIn(ida.email))).toMatchObject(refused);
  });
});

describe('the export of what is kept of a person', () => {
  it('has profile, memberships, sessions and entries of security logs, of that person alone', async () => {
    const { ida, acme, globex } = await aMember();

    const data = await exported(ida);

    expect(data.profile).toMatchObject({ id: ida.user.id, email: ida.email, recovery_codes_left: 0 });
    const tenantIds = data.memberships.map((membership: { tenant_id: string }) => membership.tenant_id);
    expect(new Set(tenantIds)).toEqual(new Set([acme.tenantId, globex.tenantId]));
    expect(data.sessions).toHaveLength(2);
    expect(data.security_events.length).toBeGreaterThan(2);
    for (const event of data.security_events) expect([event.user_id, event.actor_id]).toContain(ida.user.id);
    expect(data.truncated).toEqual([]);
    const text = JSON.stringify(data);
    for (const secret of ['$argon2', acme.email, globex.email, ida.session.refreshToken]) {
      expect(text).not.toContain(secret);
    }
    const kinds = (await people.securityLogOf(globex.tenantId)).map(({ kind }) => kind);
    expect(kinds).toContain('person.exported');
  });

  it('shows the place of what they did, and not of what others did about them', async () => {
    const { ida, acme } = await aMember();
    const owner = { ...acme.context, client: { address: '203.0.113.1', userAgent: "the owner's browser" } };
    const changed = { userId: ida.user.id, role: 'analyst', version: undefined };
    await identity.client.changeMemberRole(owner, changed);
    const again = await people.signIn(ida.email, acme.tenantId);

    const data = await exported(again);

    expect(data.security_events.map((event: { kind: string }) => event.kind)).toContain('member.role_changed');
    expect(JSON.stringify(data)).not.toContain('203.0.113.1');
  });

  it('has the newest thousand of a list and says what is cut', async () => {
    const mara = await people.owner();
    await identity.query(
      `insert into identity.sessions
         (id, user_id, acting_tenant_id, authenticated_at, opened_at, last_used_at, expires_at)
       select gen_random_uuid(), $1, $2, now(), now(), now(), now() from generate_series(1, 1100)`,
      [mara.user.id, mara.tenantId],
    );

    const data = await exported(mara);

    expect(data.sessions).toHaveLength(1_000);
    expect(data.truncated).toEqual(['sessions']);
  });
});

describe('erasing a person', () => {
  it('leaves nothing of them in any table, and keeps their id', async () => {
    const { ida, acme, globex, named } = await aMember();
    await refusalOf(identity.logIn(ida.email, { password: 'wrong', clientAddress: client.address }));
    await identity.client.inviteMember(acme.context, { email: newEmail(), role: 'member' });
    await identity.client.updateMe(
      { ...ida.context, client },
      { firstName: undefined, lastName: undefined, version: undefined },
    );

    const { erasedAt, sessionIds } = await erase(ida);

    expect(erasedAt).toBeInstanceOf(Date);
    expect(sessionIds).toContain(ida.session.sessionId);
    await identity.query("select identity_jobs.add_job('distribute_sign_in_failures')");
    await eventually(async () => {
      for (const text of [named.email, named.firstName, named.lastName])
        expect([text, await tablesWith(text)]).toEqual([text, []]);
    });
    const [row] = await identity.query('select * from identity.users where id = $1', [ida.user.id]);
    expect(row).toMatchObject({
      email: `erased-${ida.user.id}@erased.invalid`,
      first_name: 'Erased',
      last_name: 'person',
      email_verified_at: null,
      totp_secret: null,
      erased_at: erasedAt,
    });
    const places = await identity.query(
      `select client_address, user_agent from identity.security_events where user_id = $1 or actor_id = $1::text
       union select client_address, user_agent from identity.sessions where user_id = $1`,
      [ida.user.id],
    );
    expect(places).toEqual([{ client_address: '', user_agent: '' }]);
    const told = await identity.query(
      `select distinct envelope -> 'data' ->> 'clientAddress' as place from identity.outbox
       where type like '%security_event%' and envelope -> 'data' ->> 'userId' = $1
         and envelope -> 'data' ->> 'kind' in ('person.erased', 'session.revoked')`,
      [ida.user.id],
    );
    expect(told).toEqual([{ place: null }]);
    for (const { tenantId } of [acme, globex]) {
      const [removed] = await people.eventsOf(tenantId, 'member.removed');
      expect(removed?.data).toMatchObject({ userId: ida.user.id, reason: 'erased' });
      const [erased] = await people.eventsOf(tenantId, 'person.erased');
      expect(erased?.data).toMatchObject({ userId: ida.user.id });
      expect((await people.securityLogOf(tenantId)).map(({ kind }) => kind)).toContain('person.erased');
    }
  });

  it('leaves everybody else as they are', async () => {
    const { ida, acme } = await aMember();
    const bystander = await people.member(acme.tenantId, 'member');
    await identity.client.logoutEverywhere({ ...bystander.context, client }, {});

    await erase(ida);

    const [entry] = await identity.query(
      "select client_address from identity.security_events where user_id = $1 and kind = 'session.revoked'",
      [bystander.user.id],
    );
    expect(entry).toEqual({ client_address: client.address });
    await expect(identity.logIn(bystander.email)).resolves.toBeDefined();
    await expect(identity.logIn(acme.email)).resolves.toBeDefined();
  });

  it('closes their sessions, and their log-in fails like a stranger’s', async () => {
    const { ida } = await aMember();
    const stranger = await refusalOf(identity.logIn('nobody@acme.example'));

    await erase(ida);

    expect(await refusalOf(identity.refresh(ida.session.refreshToken))).toMatchObject({
      code: 'refresh_token_invalid',
    });
    expect(await refusalOf(identity.logIn(ida.email))).toEqual(stranger);
    expect(await refusalOf(identity.logIn(`erased-${ida.user.id}@erased.invalid`))).toEqual(stranger);
    expect(await refusalOf(identity.logIn(`erased-${ida.user.id}@erased.invalid`, { password: 'erased' }))).toEqual(
      stranger,
    );
    expect(await refusalOf(identity.client.getMe(ida.context, {}))).toMatchObject({ code: 'user_not_found' });
  });

  it('frees the address', async () => {
    const { ida } = await aMember();
    await erase(ida);

    const again = await identity.createOwner({ email: ida.email });

    expect(again.user.id).not.toBe(ida.user.id);
    await expect(identity.logIn(ida.email)).resolves.toBeDefined();
  });

  it('happens once, however often it is asked for', async () => {
    const { ida, acme } = await aMember();

    const answers = await Promise.all([erase(ida), erase(ida)].map((call) => call.catch((error) => error)));
    const again = await erase(ida, { password: 'any' });

    const done = answers.filter((answer) => answer.erasedAt);
    expect(done.length).toBeGreaterThan(0);
    for (const answer of answers) if (!answer.erasedAt) expect(answer.code).toBe('changed_meanwhile');
    expect(again).toEqual({ erasedAt: done[0]!.erasedAt, sessionIds: [] });
    expect(await people.eventsOf(acme.tenantId, 'person.erased')).toHaveLength(1);
  });

  it('is refused while they own a tenant, which is named, and changes nothing', async () => {
    const { ida, acme } = await aMember();
    const own = [newTenant(), newTenant()].map(({ tenantId: id, subdomain }) => ({ id, name: 'Own', subdomain }));
    for (const { id, name, subdomain } of own) {
      await identity.query(
        'insert into identity.tenants (tenant_id, name, subdomain, created_at) values ($1, $2, $3, now())',
        [id, name, subdomain],
      );
      await identity.query(
        `insert into identity.memberships (tenant_id, user_id, role, created_at) values ($1, $2, 'owner', now())`,
        [id, ida.user.id],
      );
    }

    const error = await erase(ida).catch((reason) => reason);

    expect(error).toMatchObject({ kind: 'conflict', code: 'owner_cannot_leave' });
    const owned = own.map((tenant) => ({ ...tenant, role: 'owner' }));
    expect(new Set(JSON.parse(error.meta.tenants))).toEqual(new Set(owned));
    await expect(identity.logIn(ida.email, { tenantId: acme.tenantId })).resolves.toBeDefined();
    expect(await people.eventsOf(acme.tenantId, 'member.removed')).toEqual([]);
  });

  it('needs the password, and the second factor where it is on', async () => {
    const { ida } = await aMember();
    const authenticator = await withAuthenticator(identity, ida);

    expect(await refusalOf(erase(ida, { password: 'wrong' }))).toMatchObject({ code: 'invalid_credentials' });
    expect(await refusalOf(erase(ida))).toMatchObject({ code: 'second_factor_required' });
    expect(await refusalOf(erase(ida, { code: authenticator.code(9) }))).toMatchObject({ code: 'invalid_credentials' });
    await erase(ida, { code: authenticator.recoveryCodes[0]! });

    const left = await identity.query('select 1 from identity.recovery_codes where user_id = $1', [ida.user.id]);
    expect(left).toEqual([]);
  });

  it('forgets invitations of their address, and those that are open are open no more', async () => {
    const { ida, acme } = await aMember();
    const initech = await people.owner();
    const { invitation } = await identity.client.inviteMember(initech.context, { email: ida.email, role: 'member' });

    await erase(ida);

    expect(await tablesWith(ida.email)).toEqual([]);
    const { invitations } = await identity.client.listInvitations(initech.context, { page: undefined, status: 'all' });
    expect(invitations).toMatchObject([{ id: invitation!.id, status: 'revoked' }]);
    const told = await people.eventsOf(initech.tenantId, 'person.erased');
    expect(told.map(({ data }) => data)).toMatchObject([{ userId: ida.user.id, invitationIds: [invitation!.id] }]);
    const [elsewhere] = await people.eventsOf(acme.tenantId, 'person.erased');
    expect(JSON.stringify(elsewhere)).not.toContain(invitation!.id);
    expect(await mails.about(acme.user.id, 'person.erased')).toEqual([]);
  });

  it('reaches tenants that they have left', async () => {
    const { ida, acme, globex } = await aMember();
    const removal = { userId: ida.user.id, version: undefined };
    await identity.client.removeMember(globex.context, removal);

    await erase(ida);

    expect(await people.eventsOf(globex.tenantId, 'person.erased')).toHaveLength(1);
    expect(await people.eventsOf(globex.tenantId, 'member.removed')).toHaveLength(1);
    expect(await people.eventsOf(acme.tenantId, 'person.erased')).toHaveLength(1);
  });
});
