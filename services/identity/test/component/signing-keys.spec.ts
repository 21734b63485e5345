import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { identity as contract } from '@outlay/contracts';
import {
  anonymousContext,
  type CallerContext,
  clientSecretOf,
  createGrpcClient,
  createSecretBox,
  createSilentLogger,
  createTokenVerifier,
  type GrpcClient,
  newId,
} from '@outlay/platform';
import { createTestDatabase, eventually } from '@outlay/testkit';
import pg from 'pg';
import { compose } from '../../src/compose.ts';
import { createSigningKeys } from '../../src/security/signing-keys.ts';
import { createIdentityDatabase } from '../../src/store/database.ts';
import {
  bearing,
  password,
  refusalOf,
  serviceClientSecret,
  startIdentity,
  type TestIdentity,
} from './driver/start-identity.ts';

type Client = GrpcClient<contract.IdentityServiceService>;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const platformAdmin = { email: 'platform@outlay.dev', password };
const logger = createSilentLogger();

/** How far everybody's clock is ahead. */
let aheadMs = 0;
const clock = () => new Date(Date.now() + aheadMs);

let identity: TestIdentity;
/** Another replica, on the same database. */
let twin: { client: Client; stop: () => Promise<void> };
beforeAll(async () => {
  identity = await startIdentity({ config: { platformAdmin }, overrides: { clock } });
  twin = await startTwin();
});
afterAll(async () => {
  await twin.stop();
  await identity.stop();
});

async function startTwin() {
  const service = compose(identity.config, { clock, logger });
  const { grpcPort } = await service.start();
  const address = `127.0.0.1:${grpcPort}`;
  const client: Client = createGrpcClient(contract.IdentityServiceService, { address, logger, deadlineMs: 10_000 });
  await eventually(() => client.ping());
  return {
    client,
    async stop() {
      client.close();
      await service.stop();
    },
  };
}

const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid;
const keysOf = async (client: Client) => JSON.parse((await client.getJwks(anonymousContext(), {})).jwksJson);
const kidsOf = async (client: Client): Promise<string[]> =>
  (await keysOf(client)).keys.map(({ kid }: { kid: string }) => kid);
const issue = async (client: Client) =>
  (
    await client.issueServiceToken(anonymousContext(), {
      clientId: 'ledger',
      clientSecret: clientSecretOf(serviceClientSecret, 'ledger'),
    })
  ).accessToken;
const verifierAt = (client: Client) =>
  createTokenVerifier({
    issuer: 'https://outlay.local',
    audience: 'outlay',
    loadKeys: () => keysOf(client),
    clock,
  });
const asAdmin = async (): Promise<CallerContext> => {
  const { session } = await identity.logIn(platformAdmin.email);
  return bearing(session!.accessToken);
};
const rotate = (context: CallerContext, withdrawOld = false) =>
  identity.client.rotateSigningKeys(context, { withdrawOld });
const rows = () =>
  identity.query<{ kid: string; private_key: string | null; sealed: boolean }>(
    `select kid, private_key, sealed_private_key is not null as sealed from identity.signing_keys order by created_at`,
  );

describe('a key in its turn', () => {
  it('takes the place of one that is thirty days old, once, and no token in flight is refused meanwhile', async () => {
    const clients = [identity.client, twin.client];
    const verifiers = clients.map(verifierAt);
    const inFlight: { token: string; endsAt: number }[] = [];
    const signedWith = new Set<string>();
    /** Everybody issues, and everybody is shown all that has not ended. */
    const goOn = async () => {
      for (const client of clients) {
        const token = await issue(client);
        signedWith.add(kidOf(token));
        inFlight.push({ token, endsAt: clock().getTime() + 3_600_000 });
      }
      const good = inFlight.filter(({ endsAt }) => endsAt > clock().getTime());
      for (const verifier of verifiers) await Promise.all(good.map(({ token }) => verifier.verify(token)));
    };
    const [old] = (await kidsOf(identity.client)) as [string];
    aheadMs += 30 * dayMs;
    await goOn();

    // As by three schedulers.
    for (let run = 0; run < 3; run += 1) await identity.query("select identity_jobs.add_job('rotate_signing_keys')");
    for (const client of clients) {
      await eventually(async () => expect(await kidsOf(client)).toHaveLength(2));
    }

    await goOn();
    expect([...signedWith]).toEqual([old]);
    const [next] = (await kidsOf(identity.client)).filter((kid) => kid !== old);
    for (let minute = 0; minute < 9; minute += 1) {
      aheadMs += minuteMs;
      await goOn();
    }
    expect([...signedWith]).toEqual([old]);
    for (let minute = 0; minute < 66; minute += 1) {
      aheadMs += minuteMs;
      await goOn();
    }
    expect([...signedWith]).toEqual([old, next]);
    for (const client of clients) {
      expect(kidOf(await issue(client))).toBe(next);
      // Its last token has ended.
      expect(await kidsOf(client)).toEqual([next]);
    }
    const outcomes = await identity.query(
      `select 1 from identity_jobs._private_jobs as job
       join identity_jobs._private_tasks as task on task.id = job.task_id
       where task.identifier = 'rotate_signing_keys' and job.locked_at is null and job.run_at <= now()`,
    );
    expect(outcomes).toEqual([]);
    expect(await rows()).toHaveLength(2);
  }, 120_000);
});

describe('a rotation by command', () => {
  it('is for a platform admin who has just proved who they are', async () => {
    const owner = await identity.createOwner();
    const { session } = await identity.logIn(owner.email);

    expect(await refusalOf(rotate(bearing(session!.accessToken)))).toMatchObject({ code: 'access_denied' });
    expect(await refusalOf(rotate({ ...anonymousContext(), token: await identity.serviceToken() }))).toMatchObject({
      code: 'access_denied',
    });
  });

  it('publishes a key that signs ten minutes later, once for an idempotency key', async () => {
    const before = kidOf(await issue(identity.client));
    const context = { ...(await asAdmin()), idempotencyKey: newId() };

    const answer = await rotate(context);

    expect(answer.replayed).toBe(false);
    expect(answer.signsFrom!.getTime() - clock().getTime()).toBeGreaterThan(9 * minuteMs);
    expect(await kidsOf(identity.client)).toContain(answer.kid);
    expect(kidOf(await issue(identity.client))).toBe(before);
    expect(await rotate(context)).toEqual({ ...answer, replayed: true });
    const noted = await identity.query(
      `select actor_kind, details from identity.platform_events
       where kind = 'signing_key.rotated' and details ->> 'kid' = $1`,
      [answer.kid],
    );
    expect(noted).toEqual([{ actor_kind: 'user', details: { kid: answer.kid, withdraw_old: false } }]);
    await eventually(async () => expect(await kidsOf(twin.client)).toContain(answer.kid));
    aheadMs += 10 * minuteMs;
    expect(kidOf(await issue(identity.client))).toBe(answer.kid);
  });

  it('that withdraws the old keys ends all tokens within a minute, and logs nobody out', async () => {
    const owner = await identity.createOwner();
    const { session } = await identity.logIn(owner.email);
    const verifiers = [verifierAt(identity.client), verifierAt(twin.client)];
    for (const verifier of verifiers) await verifier.verify(session!.accessToken);

    const { kid, signsFrom } = await rotate(await asAdmin(), true);

    expect(signsFrom!.getTime()).toBeLessThanOrEqual(clock().getTime());
    expect(await kidsOf(identity.client)).toEqual([kid]);
    await eventually(async () => expect(await kidsOf(twin.client)).toEqual([kid]));
    aheadMs += minuteMs + 1_000;
    for (const verifier of verifiers) {
      await expect(verifier.verify(session!.accessToken)).rejects.toMatchObject({ code: 'token_invalid' });
    }
    const next = await twin.client.refreshSession(anonymousContext(), {
      refreshToken: session!.refreshToken,
      tenantId: '',
    });
    expect(kidOf(next.session!.accessToken)).toBe(kid);
    for (const verifier of verifiers) await verifier.verify(next.session!.accessToken);
    const kept = await rows();
    expect(kept.filter(({ sealed }) => sealed)).toEqual([{ kid, private_key: null, sealed: true }]);
  });
});

describe('the private half of a key', () => {
  it('is stored sealed', async () => {
    const [sealed] = await identity.query<{ text: string }>(
      `select encode(sealed_private_key, 'escape') as text from identity.signing_keys where sealed_private_key is not null`,
    );

    expect(sealed!.text.length).toBeGreaterThan(1_000);
    expect(sealed!.text).not.toContain('PRIVATE KEY');
    for (const row of await rows()) expect(row.private_key).toBeNull();
  });

  it('is forgotten once its key signs no more', async () => {
    await rotate(await asAdmin());
    aheadMs += 10 * minuteMs + 2 * 3_600_000;

    await identity.query("select identity_jobs.add_job('purge_expired')");

    await eventually(async () => expect((await rows()).filter(({ sealed }) => sealed)).toHaveLength(1));
  });
});

it('whoever asks for a token before there is a first key may ask again', async () => {
  const fresh = await createTestDatabase();
  const database = createIdentityDatabase(fresh.urlFor('identity'), logger);
  const secrets = createSecretBox(identity.config.encryptionKeys, 'identity');
  const keys = createSigningKeys({ database, secrets, clock, logger });

  await expect(keys.current()).rejects.toMatchObject({ kind: 'unavailable', code: 'token_keys_unavailable' });
  await keys.prepare();
  expect(await keys.current()).toMatchObject({ kid: expect.any(String) });

  await database.close();
  await fresh.drop();
});

describe('a key from before keys were sealed', () => {
  const started: { stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const service of started.splice(0).reverse()) await service.stop();
  });

  it('is sealed when the service starts, and signs on; another secret does not open it', async () => {
    const database = await createTestDatabase();
    started.push({ stop: database.drop });
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'from-before', alg: 'RS256', use: 'sig' };
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query(
      `insert into identity.signing_keys (kid, private_key, public_jwk, created_at) values ($1, $2, $3, now())`,
      ['from-before', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), jwk],
    );
    const start = async (encryptionKeys: [string, ...string[]]) => {
      const config = { ...identity.config, databaseUrl: database.urlFor('identity'), encryptionKeys };
      const service = compose(config, { logger });
      const { grpcPort, opsPort } = await service.start();
      const address = `127.0.0.1:${grpcPort}`;
      const client: Client = createGrpcClient(contract.IdentityServiceService, { address, logger, deadlineMs: 10_000 });
      started.push({
        stop: async () => {
          client.close();
          await service.stop();
        },
      });
      const readiness = async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).json();
      return { client, readiness };
    };

    const { client } = await start(identity.config.encryptionKeys);
    await eventually(() => client.ping());

    expect(kidOf(await issue(client))).toBe('from-before');
    const { rows: stored } = await admin.query(
      'select private_key, sealed_private_key is not null as sealed from identity.signing_keys',
    );
    await admin.end();
    expect(stored).toEqual([{ private_key: null, sealed: true }]);
    const stranger = await start(['another secret that nobody has sealed with']);
    await eventually(async () =>
      expect((await stranger.readiness()) as { failing: string[] }).toMatchObject({
        failing: expect.arrayContaining(['keys']),
      }),
    );
  });
});
