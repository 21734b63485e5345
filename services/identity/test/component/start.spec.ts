import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { identity as contract } from '@outlay/contracts';
import { type Bus, createBus } from '@outlay/messaging';
import { anonymousContext, clientSecretOf, createGrpcClient, createSilentLogger } from '@outlay/platform';
import {
  createTcpProxy,
  createTestDatabase,
  createTestVhost,
  eventually,
  type TestDatabase,
  type TestVhost,
} from '@outlay/testkit';
import pg from 'pg';
import { compose } from '../../src/compose.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { withAuthenticator } from './driver/authenticator.ts';
import { mailsOf } from './driver/mails.ts';
import { peopleOf } from './driver/people.ts';
import { encryptionKey, password, refusalOf, serviceClientSecret, startIdentity } from './driver/start-identity.ts';

const logger = createSilentLogger();
let database: TestDatabase;
let vhost: TestVhost;
beforeAll(async () => {
  [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()]);
});
afterAll(async () => {
  await Promise.all([database.drop(), vhost.drop()]);
});

const configure = (given: Partial<Config> = {}): Config => ({
  ...readConfig({
    NODE_ENV: 'test',
    DATABASE_URL: database.urlFor('identity'),
    AMQP_URL: vhost.amqpUrl,
    SERVICE_CLIENT_SECRET: serviceClientSecret,
    IDENTITY_ENCRYPTION_KEY: encryptionKey,
    GRPC_PORT: '0',
    OPS_PORT: '0',
  }),
  ...given,
});

const running: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const service of running.splice(0).reverse()) await service.stop();
});

async function start(config: Config, bus?: Bus) {
  const service = compose(config, { logger, bus });
  const { grpcPort, opsPort } = await service.start();
  const address = `127.0.0.1:${grpcPort}`;
  const client = createGrpcClient(contract.IdentityServiceService, { address, logger, deadlineMs: 10_000 });
  running.push({
    stop: async () => {
      client.close();
      await service.stop();
    },
  });
  const readyz = `http://127.0.0.1:${opsPort}/readyz`;
  return { client, ready: async () => (await fetch(readyz)).json() as Promise<{ failing: string[] }> };
}

type Started = Awaited<ReturnType<typeof start>>;
const serving = async (service: Started) => {
  await eventually(() => service.client.ping());
  return service;
};
const logIn = (service: Started, email: string, given = password) =>
  service.client.login(anonymousContext(), { email, password: given, tenantId: '', clientAddress: '', code: '' });
const ask = async <R>(text: string): Promise<R[]> => {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

describe('starting', () => {
  it('makes one signing key, however many processes start at once, and takes each other’s tokens', async () => {
    // Held up until all three have found no key, as otherwise each would be done before the next.
    const holder = new pg.Client({ connectionString: database.adminUrl });
    await holder.connect();
    await holder.query('begin; lock table identity.signing_keys in exclusive mode');
    const services = await Promise.all([1, 2, 3].map(() => start(configure())));
    const waiting = `select 1 from pg_stat_activity
      where datname = current_database() and application_name = 'identity' and wait_event_type = 'Lock'`;
    await eventually(async () => expect(await ask(waiting)).toHaveLength(3));
    await holder.query('rollback');
    await holder.end();
    await Promise.all(services.map(serving));

    const keySets = await Promise.all(services.map(({ client }) => client.getJwks(anonymousContext(), {})));

    expect(new Set(keySets.map((answer) => answer.jwksJson)).size).toBe(1);
    expect(JSON.parse(keySets[0]!.jwksJson).keys).toHaveLength(1);
    const [first, second] = services as [Started, Started];
    const issued = await first.client.issueServiceToken(anonymousContext(), {
      clientId: 'gateway',
      clientSecret: clientSecretOf(serviceClientSecret, 'gateway'),
    });
    const answer = await second.client.listRevokedSessions(
      { ...anonymousContext(), token: issued.accessToken },
      { since: undefined },
    );
    expect(answer.sessionIds).toEqual([]);
  });

  it('makes the platform admin of the configuration once, outside any tenant', async () => {
    const platformAdmin = { email: 'Platform@outlay.dev', password };
    const services = await Promise.all([1, 2].map(() => start(configure({ platformAdmin })))).then((all) =>
      Promise.all(all.map(serving)),
    );

    const { session, user, membership } = await logIn(services[0]!, 'platform@outlay.dev');

    expect(user).toMatchObject({ platformAdmin: true, email: 'Platform@outlay.dev' });
    expect(membership).toBeUndefined();
    const context = { ...anonymousContext(), token: session!.accessToken };
    expect(await services[1]!.client.getMe(context, {})).toMatchObject({ user, memberships: [] });
    // Refreshing and signing out need no tenant either.
    const again = await services[1]!.client.refreshSession(anonymousContext(), {
      refreshToken: session!.refreshToken,
      tenantId: '',
    });
    expect(again.user).toEqual(user);
    await services[0]!.client.logout(context, {});
    const closed = services[1]!.client.refreshSession(anonymousContext(), {
      refreshToken: again.session!.refreshToken,
      tenantId: '',
    });
    expect(await refusalOf(closed)).toMatchObject({ code: 'refresh_token_invalid' });
  });

  it('leaves a platform admin who is there as they are', async () => {
    const admin = { email: 'second@outlay.dev', password };
    await serving(await start(configure({ platformAdmin: admin })));

    const service = await serving(await start(configure({ platformAdmin: { ...admin, password: 'Another one' } })));

    await expect(logIn(service, admin.email)).resolves.toBeDefined();
    expect(await refusalOf(logIn(service, admin.email, 'Another one'))).toMatchObject({ code: 'invalid_credentials' });
  });

  it('does not let whoever took the e-mail before into the office with their own password', async () => {
    const early = await startIdentity();
    running.push(early);
    const owner = await early.createOwner({ email: 'early@outlay.dev', password: 'Known to them' });
    const config = { ...early.config, platformAdmin: { email: owner.email, password: 'Known to us' } };

    const service = await serving(await start(config));

    expect(await refusalOf(logIn(service, owner.email, 'Known to them'))).toMatchObject({
      code: 'invalid_credentials',
    });
    expect((await logIn(service, owner.email, 'Known to us')).user).toMatchObject({ platformAdmin: true });
  });

  it('leaves whoever took the e-mail before no session, second factor or token when it becomes the admin’s', async () => {
    const early = await startIdentity();
    running.push(early);
    const squatter = await peopleOf(early).owner({ email: 'squatter@outlay.dev' });
    const { recoveryCodes } = await withAuthenticator(early, squatter);
    const other = await early.logIn(squatter.email, { code: recoveryCodes[0]! });
    await early.query('update identity.users set email_verified_at = null where id = $1', [squatter.user.id]);
    await early.client.requestPasswordReset(anonymousContext(), { email: squatter.email });
    const mails = mailsOf(early);
    await eventually(async () =>
      expect(await mails.about(squatter.user.id, 'password_reset.requested')).toHaveLength(1),
    );
    const reset = await mails.lastToken(squatter.user.id, 'password_reset.requested');
    const config = { ...early.config, platformAdmin: { email: squatter.email, password: 'Known to us' } };

    const services = await Promise.all([1, 2].map(() => start(configure(config)))).then((all) =>
      Promise.all(all.map(serving)),
    );

    const admin = await logIn(services[0]!, squatter.email, 'Known to us');
    expect(admin.user).toMatchObject({ platformAdmin: true, emailVerified: true, totpEnabled: false });
    for (const { refreshToken } of [squatter.session, other.session!]) {
      expect(await refusalOf(early.refresh(refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    }
    const revoked = await early.client.listRevokedSessions(await early.asService(), { since: undefined });
    expect(new Set(revoked.sessionIds)).toEqual(new Set([squatter.session.sessionId, other.session!.sessionId]));
    const resetting = early.client.resetPassword(anonymousContext(), { token: reset, newPassword: 'Known to them' });
    expect(await refusalOf(resetting)).toMatchObject({ code: 'one_time_token_invalid' });
    const left = await early.query(
      `select 1 from identity.recovery_codes where user_id = $1
       union all select 1 from identity.one_time_tokens where user_id = $1
       union all select 1 from identity.users where id = $1 and (totp_secret is not null or totp_last_step is not null)`,
      [squatter.user.id],
    );
    expect(left).toEqual([]);
    const changes = (await mails.told(squatter.user.id)).map(({ change }) => change);
    expect(changes).toEqual(['totp_enabled', 'password_reset', 'totp_disabled']);
  });

  it('with the database away waits for it, says so, and serves when it is there', async () => {
    const proxy = await createTcpProxy(database.adminUrl);
    running.push({ stop: proxy.close });
    await proxy.refuse();

    const service = await start(configure({ databaseUrl: proxy.url(database.urlFor('identity')) }));

    expect((await service.ready()).failing).toEqual(expect.arrayContaining(['database', 'keys']));
    await expect(service.client.ping()).rejects.toMatchObject({ kind: 'unavailable' });
    await proxy.resume();
    await serving(service);
    await eventually(async () => expect((await service.ready()).failing).toEqual([]));
  });

  it('makes the partitions of the coming months', async () => {
    await serving(await start(configure()));

    const months = await ask<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'identity'::regnamespace and relname ~ '^outbox_\\d{6}$'`,
    );

    expect(months.length).toBeGreaterThanOrEqual(4);
  });

  it('takes in no events before the months of its inbox are there', async () => {
    const inboxMonths = `select relname as name from pg_class
      where relnamespace = 'identity'::regnamespace and relname ~ '^inbox_\\d{6}$'`;
    const bus = createBus({ amqpUrl: vhost.amqpUrl, logger });
    let monthsAtSubscribing: number | undefined;
    const watched: Bus = {
      ...bus,
      async subscribe(...given) {
        monthsAtSubscribing = (await ask(inboxMonths)).length;
        return bus.subscribe(...given);
      },
    };
    for (const { name } of await ask<{ name: string }>(inboxMonths)) await ask(`drop table identity.${name}`);

    await serving(await start(configure(), watched));

    expect(monthsAtSubscribing).toBeGreaterThanOrEqual(4);
  });
});

describe('the configuration', () => {
  it('is refused with every variable that is missing or wrong, and never shows a value', () => {
    expect(() => readConfig({})).toThrow(/DATABASE_URL[\s\S]*SERVICE_CLIENT_SECRET[\s\S]*AMQP_URL/);
    const lonely = {
      ...process.env,
      DATABASE_URL: 'postgres://x/y',
      AMQP_URL: 'amqp://x',
      PLATFORM_ADMIN_EMAIL: 'a@b.co',
      IDENTITY_ENCRYPTION_KEY: encryptionKey,
    };
    expect(() => readConfig({ ...lonely, SERVICE_CLIENT_SECRET: 'x'.repeat(16) })).toThrow(/PLATFORM_ADMIN_PASSWORD/);
    expect(() => readConfig({ ...lonely, SERVICE_CLIENT_SECRET: 'short-secret' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('short-secret') }),
    );
  });
});
