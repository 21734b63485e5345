import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type RestartableServers,
  startPlatform,
  startRestartableServers,
  type TestPlatform,
  unlimited,
} from '@outlay/testkit';
import { createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { createSender, type Sender, type WireAnswer } from '../fuzz/send.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

/** The proxy in front says whose address a request counts for. */
const environment = {
  ...unlimited,
  NODE_ENV: 'test',
  TRUST_PROXY: '1',
};

let servers: RestartableServers;
let platform: TestPlatform;
let senders: Sender[];
let outlay: OutlayClient;
beforeAll(async () => {
  servers = await startRestartableServers();
  platform = await startPlatform({
    bus: 'rabbitmq',
    environment,
    replicas: { gateway: 3 },
    through: (urls) => ({ ...urls, redisUrl: servers.redis.url }),
  });
  senders = platform.gatewayUrls.map(createSender);
  outlay = createOutlayClient(platform.gatewayUrl);
}, 240_000);
afterAll(async () => {
  for (const sender of senders ?? []) sender.close();
  await platform?.stop();
  await servers?.remove();
});

let places = 0;
const newAddress = () => {
  places += 1;
  return `198.51.100.${places}`;
};
const post = (path: string, body: object, headers: Record<string, string>, gateway = 0) =>
  senders[gateway]!.send({
    method: 'POST',
    path: `/api/v1${path}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  });
const logIn = (email: string, password: string, address: string, gateway = 0, headers: Record<string, string> = {}) =>
  post('/auth/login', { email, password }, { 'x-forwarded-for': address, ...headers }, gateway);

describe('A refused log-in is answered the very same', () => {
  it('for a stranger, a wrong password, and a tenant that is not theirs', async () => {
    const [owner, other] = [await outlay.registerTenant(), await outlay.registerTenant()];
    const wrong = `${ownerPassword}!`;

    const answers = [
      await logIn(owner.email, wrong, newAddress()),
      await logIn(`owner@t-${randomUUID()}.example`, wrong, newAddress()),
      await logIn(`owner@t-${randomUUID()}.example`, ownerPassword, newAddress()),
      await logIn(owner.email, ownerPassword, newAddress(), 0, { 'x-tenant-id': other.subdomain }),
      await logIn(owner.email, wrong, newAddress(), 0, { 'x-tenant-id': other.subdomain }),
    ];

    const [first, ...rest] = answers.map(withoutWhatIsNewEachTime);
    expect(first).toMatchObject({ status: 401, text: expect.stringContaining('invalid_credentials') });
    for (const answer of rest) expect(answer).toEqual(first);
  });
});

describe('A request to set another password is answered the very same', () => {
  it('for a person and for a stranger', async () => {
    const { email } = await outlay.registerTenant();
    const ask = (address: string) =>
      post('/auth/password-reset', { email: address }, { 'x-forwarded-for': newAddress() });

    const [known, stranger] = [await ask(email), await ask(`owner@t-${randomUUID()}.example`)];

    expect(known.status).toBe(202);
    expect(withoutWhatIsNewEachTime(stranger)).toEqual(withoutWhatIsNewEachTime(known));
  });
});

describe('Guesses at one account', () => {
  it('are few through three gateways at once, also when Redis is killed meanwhile and comes back empty', async () => {
    const owner = await outlay.registerTenant();
    const here = newAddress();
    const guess = (index: number) => logIn(owner.email, `a wrong guess ${index}`, here, index % 3);

    const before = await Promise.all([0, 1, 2].map(guess));
    const guessing = Promise.all(Array.from({ length: 90 }, (_, index) => guess(index)));
    await servers.redis.stop();
    const during = await guessing;
    const whileAway = await Promise.all([0, 1, 2].map(guess));
    await servers.redis.start();
    const after = await Promise.all(Array.from({ length: 30 }, (_, index) => guess(index)));

    const answers = [...before, ...during, ...whileAway, ...after];
    const admitted = answers.filter(({ status }) => status === 401);
    // The tenth, and the one that was being hashed beside it.
    expect(admitted.length).toBeGreaterThanOrEqual(10);
    expect(admitted.length).toBeLessThanOrEqual(11);
    const refused = answers.filter(({ status }) => status !== 401);
    for (const { status, headers } of refused) {
      expect(status).toBe(429);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    // The right password is of no use from there, and as good as ever from elsewhere.
    expect((await logIn(owner.email, ownerPassword, here, 1)).status).toBe(429);
    expect((await logIn(owner.email, ownerPassword, newAddress(), 2)).status).toBe(200);
  });

  it('count together from all addresses of one IPv6 network', async () => {
    const owner = await outlay.registerTenant();
    const inNetwork = () => `2001:db8:7:7:${randomBytes(8).toString('hex').match(/..../g)!.join(':')}`;

    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => logIn(owner.email, 'a wrong guess', inNetwork(), index % 3)),
    );

    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(11);
    expect((await logIn(owner.email, ownerPassword, inNetwork())).status).toBe(429);
    expect((await logIn(owner.email, ownerPassword, '2001:db8:7:8::1')).status).toBe(200);
  });
});

/** An answer without its ids and its date: byte for byte what is left must be the same. */
function withoutWhatIsNewEachTime({ status, headers, text }: WireAnswer) {
  const { date, 'x-request-id': requestId, 'x-correlation-id': _correlationId, ...kept } = headers;
  expect([typeof date, typeof requestId]).toEqual(['string', 'string']);
  return { status, headers: kept, text: text.replace(/"trace_id":"[^"]+"/, '"trace_id":""') };
}
