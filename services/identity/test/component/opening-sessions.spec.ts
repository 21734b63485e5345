import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, type CallerContext, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { from, keyed, laptop, phone, sessionsOf } from './driver/sessions.ts';
import { bearing, password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
/** How far the service's clock is ahead. */
let aheadMs = 0;
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => new Date(Date.now() + aheadMs) } });
});
afterAll(() => identity.stop());
afterEach(() => {
  aheadMs = 0;
});

const { logIn, signedIn, eventsOf, told, memberOf } = sessionsOf(() => identity);

describe('a log-in', () => {
  it('is noted with where it came from, in the session and in the security log of the tenant entered', async () => {
    const bystander = await identity.createOwner();
    const { owner, session } = await signedIn(laptop);

    const [row] = await identity.query('select client_address, user_agent from identity.sessions where id = $1', [
      session.sessionId,
    ]);
    expect(row).toEqual({ client_address: '192.0.2.7', user_agent: 'Laptop/1.0' });
    expect(await eventsOf(owner.tenantId, 'login.succeeded')).toEqual([
      {
        user_id: owner.user.id,
        details: { session_id: session.sessionId },
        client_address: '192.0.2.7',
        user_agent: 'Laptop/1.0',
      },
    ]);
    expect(await eventsOf(bystander.tenantId, 'login.succeeded')).toEqual([]);
    const outbox = await identity.query(
      `select 1 from identity.outbox where tenant_id = $1 and type = 'outlay.identity.security_event.recorded.v1'`,
      [owner.tenantId],
    );
    expect(outbox).toHaveLength(1);
  });

  it('with an idempotency key opens one session, however often it is sent at once', async () => {
    const owner = await identity.createOwner();
    const context = keyed(anonymousContext(), newId());

    const answers = await Promise.all(Array.from({ length: 10 }, () => logIn(owner.email, { ...context })));

    expect(new Set(answers.map(({ session }) => session!.refreshToken)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(answers[0]!.user).toEqual(answers[9]!.user);
    const rows = await identity.query('select 1 from identity.sessions where user_id = $1', [owner.user.id]);
    expect(rows).toHaveLength(1);
  });

  it('gives the answer of a key to whoever proves the password alone, and to the same request alone', async () => {
    const [owner, other] = [await identity.createOwner(), await identity.createOwner()];
    const context = keyed(anonymousContext(), newId());
    const first = await logIn(owner.email, context);

    const wrong = await refusalOf(logIn(owner.email, context, { password: 'a wrong guess' }));
    const elsewhere = await refusalOf(logIn(owner.email, context, { tenantId: owner.tenantId }));
    const others = await logIn(other.email, context);

    expect(wrong).toMatchObject({ code: 'invalid_credentials' });
    expect(elsewhere).toMatchObject({ code: 'idempotency_key_reused' });
    expect(others.replayed).toBe(false);
    expect(others.session!.sessionId).not.toBe(first.session!.sessionId);
  });

  it('keeps no answer that could be read', async () => {
    const owner = await identity.createOwner();
    const { session } = await logIn(owner.email, keyed(anonymousContext(), newId()));

    const rows = await identity.query<{ text: string }>(
      `select encode(sealed_answer, 'escape') || encode(request_digest, 'hex') as text from identity.idempotent_answers`,
    );

    for (const { text } of rows) {
      expect(text).not.toContain(session!.refreshToken);
      expect(text).not.toContain(owner.email);
    }
  });
});

describe('a failed log-in', () => {
  it('leaves one row of one shape, whoever was tried', async () => {
    const owner = await identity.createOwner();
    const other = await identity.createOwner();
    const stranger = `${newId()}@acme.example`;
    const fail = (email: string, given: object) => refusalOf(logIn(email, from(phone), given));

    await fail(owner.email, { password: 'wrong' });
    await fail(owner.email, { tenantId: other.tenantId });
    await fail(stranger, { password: 'wrong' });

    const rows = await identity.query<{ email: string; reason: string }>(
      `select email, reason, client_address, user_agent from identity.sign_in_failures
       where email in ($1, $2) order by id`,
      [owner.email, stranger],
    );
    const shown = { client_address: '2001:db8::9', user_agent: 'Phone/2.0' };
    expect(rows).toEqual([
      { email: owner.email, reason: 'wrong_password', ...shown },
      { email: owner.email, reason: 'not_a_member', ...shown },
      { email: stranger, reason: 'wrong_password', ...shown },
    ]);
  });

  it('is told to all tenants of the person, once, and to nobody where nobody is known', async () => {
    const owner = await identity.createOwner();
    const second = await memberOf(owner);
    const bystander = await identity.createOwner();
    await refusalOf(logIn(owner.email.toUpperCase(), from(phone), { password: 'wrong' }));
    await refusalOf(logIn('nobody@acme.example', from(phone), { password: 'wrong' }));

    await Promise.all([told(), told()]);

    await eventually(async () => {
      expect(await identity.query('select 1 from identity.sign_in_failures')).toEqual([]);
    });
    for (const tenantId of [owner.tenantId, second.tenantId]) {
      expect(await eventsOf(tenantId, 'login.failed')).toEqual([
        {
          user_id: owner.user.id,
          details: { reason: 'wrong_password' },
          client_address: '2001:db8::9',
          user_agent: 'Phone/2.0',
        },
      ]);
    }
    expect(await eventsOf(bystander.tenantId, 'login.failed')).toEqual([]);
  });

  it('is told to the tenant alone that was named, where the person belongs to it', async () => {
    const owner = await identity.createOwner();
    const second = await memberOf(owner);
    const stranger = await identity.createOwner();
    await refusalOf(logIn(owner.email, from(phone), { password: 'wrong', tenantId: second.tenantId }));
    await refusalOf(logIn(owner.email, from(phone), { password: 'wrong', tenantId: stranger.tenantId }));

    await told();

    await eventually(async () => expect(await eventsOf(second.tenantId, 'login.failed')).toHaveLength(2));
    expect(await eventsOf(owner.tenantId, 'login.failed')).toHaveLength(1);
    expect(await eventsOf(stranger.tenantId, 'login.failed')).toEqual([]);
  });
});

describe('the security log', () => {
  const read = (context: CallerContext, given: object = {}) =>
    identity.client.listSecurityEvents(context, {
      page: undefined,
      kind: '',
      userId: '',
      from: undefined,
      to: undefined,
      ...given,
    });

  it('is the tenant’s own, newest first, and narrowed by kind, person and time', async () => {
    const { owner, session, context } = await signedIn();
    await signedIn();
    aheadMs = 60_000;
    await identity.client.reauthenticate(context, { password, code: '' });
    const since = new Date(Date.now() + 30_000);

    const all = (await read(context)).events;

    expect(all.map(({ kind }) => kind).slice(0, 2)).toEqual(['session.reauthenticated', 'login.succeeded']);
    expect(all[1]).toMatchObject({
      actorKind: 'user',
      actorId: owner.user.id,
      userId: owner.user.id,
      clientAddress: '192.0.2.7',
      userAgent: 'Laptop/1.0',
      details: { session_id: session.sessionId },
    });
    const kinds = async (given: object) => (await read(context, given)).events.map(({ kind }) => kind);
    expect(await kinds({ kind: 'login.succeeded' })).toEqual(['login.succeeded']);
    expect(await kinds({ from: since })).toEqual(['session.reauthenticated']);
    expect(await kinds({ to: since, kind: 'session.reauthenticated' })).toEqual([]);
    expect(await kinds({ userId: newId() })).toEqual([]);
    expect(await refusalOf(read(context, { kind: 'made.up' }))).toMatchObject({ kind: 'invalid' });
  });

  it('is paged by cursors that do not shift when entries are added', async () => {
    const { owner, context } = await signedIn();
    for (let index = 0; index < 4; index += 1) await logIn(owner.email);
    const all = (await read(context)).events.map(({ id }) => id);

    const first = await read(context, { page: { limit: 2, cursor: '' } });
    await logIn(owner.email);
    const second = await read(context, { page: { limit: 200, cursor: first.page!.nextCursor } });

    expect([...first.events, ...second.events].map(({ id }) => id)).toEqual(all);
  });

  it('is for owners and admins', async () => {
    const first = await identity.createOwner();
    const second = await memberOf(first, 'analyst');
    const { session } = await logIn(first.email, anonymousContext(), { tenantId: second.tenantId });

    expect(await refusalOf(read(bearing(session!.accessToken)))).toMatchObject({ code: 'role_required' });
  });

  it('cannot be changed by the service', async () => {
    const [privileges] = await identity.query<{ may: boolean }>(
      `select has_table_privilege('outlay_identity', 'identity.security_events', 'delete')
         or has_column_privilege('outlay_identity', 'identity.security_events', 'kind', 'update') as may`,
    );
    expect(privileges).toEqual({ may: false });
  });
});
