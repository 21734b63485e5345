import { createPublicKey, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type AccessRow, access, identity, ledger, notifications, reporting, tenancy } from '@outlay/contracts';
import { anonymousContext, clientSecretOf, createGrpcClient, createSilentLogger } from '@outlay/platform';
import { eventually, startPlatform, type TestPlatform, unlimited } from '@outlay/testkit';
import { createOutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { connectRawGrpc, type RawGrpc } from '../drivers/raw-grpc.ts';
import { headerOf } from '../drivers/read-token.ts';
import { createSender, type Sender } from '../fuzz/send.ts';
import { bearer, forgeries, goodSpellings, type Presented } from './forged-tokens.ts';
import { claimsOf, newSigner, publishKeys, type TokenMaterial } from './token-material.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

/** Where a token is asked for: an operation of the gateway, or an RPC of a service, by the path of each. */
const doors = {
  gateway: ['/api/v1/users/me', '/api/v1/expenses', '/api/v1/tenant'],
  identity: [identity.IdentityServiceService.getMe, identity.IdentityServiceService.getTenantOwner],
  'tenancy-billing': [
    tenancy.TenancyBillingServiceService.updateTenant,
    tenancy.TenancyBillingServiceService.getTenant,
  ],
  ledger: [ledger.LedgerServiceService.listExpenses, ledger.LedgerServiceService.setTenantCurrency],
  notifications: [notifications.NotificationsServiceService.listDeliveries],
  reporting: [reporting.ReportingServiceService.getMonthSummary, reporting.ReportingServiceService.rebuildTenant],
};
/** Those of them that are for one service alone, which is the one that has a token here. */
const forTheService = [
  identity.IdentityServiceService.getTenantOwner,
  ledger.LedgerServiceService.setTenantCurrency,
].map(({ path }) => path as string);

const unauthenticated = 16;
const permissionDenied = 7;
const serviceClientSecret = randomBytes(16).toString('hex');

let platform: TestPlatform;
let sender: Sender;
let material: TokenMaterial;
const services = new Map<string, RawGrpc>();
beforeAll(async () => {
  platform = await startPlatform({
    bus: 'embedded',
    environment: { ...unlimited, SERVICE_CLIENT_SECRET: serviceClientSecret },
  });
  const published = await publishKeys(platform);
  sender = createSender(platform.gatewayUrl);
  for (const name of Object.keys(doors).filter((name) => name !== 'gateway')) {
    services.set(name, connectRawGrpc(platform.addressOf(name)));
  }
  material = { ...published, ...(await obtainTokens()), stranger: newSigner() };
  // The keys of the test are known everywhere once they were asked for.
  await eventually(
    async () => expect(await knockEverywhere(good('signed with a published key of the test'))).toEqual(open()),
    {
      timeoutMs: 60_000,
    },
  );
});
afterAll(async () => {
  sender?.close();
  for (const service of services.values()) service.close();
  await platform?.stop();
});

it('knows more than sixty kinds of bad tokens', () => {
  expect(Object.keys(forgeries).length).toBeGreaterThan(60);
});

describe('A token is refused by the gateway and by every service', () => {
  it.each(Object.keys(forgeries))('that has or is: %s', async (name) => {
    expect(await knockEverywhere(forgeries[name]!(material))).toEqual(refusedEverywhere());
  });
});

describe('Every RPC that is not for anyone', () => {
  const servers = {
    identity: [access.identity, identity.IdentityServiceService],
    'tenancy-billing': [access.tenancy, tenancy.TenancyBillingServiceService],
    ledger: [access.ledger, ledger.LedgerServiceService],
    notifications: [access.notifications, notifications.NotificationsServiceService],
    reporting: [access.reporting, reporting.ReportingServiceService],
  } as const;

  it.each(Object.entries(servers))('of %s asks for a good token', async (name, [rows, definition]) => {
    const guarded = Object.entries<{ path: string }>(definition)
      .filter(([rpc]) => (rows as Record<string, AccessRow>)[rpc]?.caller !== 'public')
      .map(([, { path }]) => path);
    const answers = await Promise.all(
      guarded.flatMap((path) =>
        ['nothing at all', 'a key that nobody published', 'alg none'].map(async (kind) => {
          const { headers } = forgeries[kind]!(material);
          return [path, kind, await services.get(name)!.call(path, headers)];
        }),
      ),
    );

    expect(guarded.length).toBeGreaterThan(0);
    expect(answers.filter(([, , status]) => status !== unauthenticated)).toEqual([]);
  });
});

// Without these, doors that are shut to everybody would pass for guarded ones.
describe('A good token is let in by the gateway and by every service', () => {
  it.each(Object.keys(goodSpellings))('%s', async (name) => {
    expect(await knockEverywhere(good(name))).toEqual(open());
  });

  it('of a service, where services are awaited', async () => {
    const answers = await knockEverywhere(bearer(material.service), { 'x-tenant-id': claimsOf(material.good).tid });

    for (const path of forTheService) expect([path, answers[path]]).toEqual([path, 'let in']);
  });
});

describe('A good token is of no use', () => {
  it('of a service, in the place of a person', async () => {
    const answers = await knockEverywhere(bearer(material.service));

    for (const path of doors.gateway) expect([path, answers[path]]).toEqual([path, '401']);
    expect(answers[identity.IdentityServiceService.getMe.path]).toBe(permissionDenied);
    expect(answers[ledger.LedgerServiceService.listExpenses.path]).toBe(permissionDenied);
  });

  it('of a service, in the place of another', async () => {
    const answers = await knockEverywhere(bearer(material.service), { 'x-tenant-id': claimsOf(material.good).tid });

    expect(answers[tenancy.TenancyBillingServiceService.getTenant.path]).toBe(permissionDenied);
  });

  it('of a person, in the place of a service', async () => {
    const answers = await knockEverywhere(bearer(material.good));

    for (const path of forTheService) expect([path, answers[path]]).toEqual([path, permissionDenied]);
  });

  it('at the gateway once its session is closed', async () => {
    const answers = await knockEverywhere(bearer(material.closed));

    for (const path of doors.gateway) expect([path, answers[path]]).toEqual([path, '401']);
  });
});

const good = (name: string): Presented => goodSpellings[name]!(material);
const paths = () => [
  ...doors.gateway,
  ...Object.values(doors)
    .flatMap((rpcs) => rpcs.map(pathOf))
    .filter((path) => !path.startsWith('/api')),
];
const pathOf = (door: string | { path: string }) => (typeof door === 'string' ? door : door.path);
const refusedEverywhere = () =>
  Object.fromEntries(paths().map((path) => [path, path.startsWith('/api') ? '401' : unauthenticated]));
/** What an empty request is answered with by whoever let the caller in: a person cannot be a service. */
const open = () =>
  Object.fromEntries(paths().map((path) => [path, forTheService.includes(path) ? permissionDenied : 'let in']));

/** Asks at every door at once; what let the caller in may still find fault with the empty request. */
async function knockEverywhere(presented: Presented, more: Record<string, string> = {}) {
  const headers = { ...presented.headers, ...more };
  const atGateway = doors.gateway.map(async (path) => {
    const { status } = await sender.send({ method: 'GET', path: path + (presented.query ?? ''), headers });
    return [path, status === 200 ? 'let in' : String(status)] as const;
  });
  const atServices = [...services].flatMap(([name, service]) =>
    doors[name as keyof typeof doors].map(pathOf).map(async (path) => {
      const status = await service.call(path, headers);
      const wasLetIn = [0, 3, 5].includes(status);
      return [path, wasLetIn ? 'let in' : status] as const;
    }),
  );
  return Object.fromEntries(await Promise.all([...atGateway, ...atServices]));
}

/** Signs in, as people of two tenants and as a service, and closes one of the sessions. */
async function obtainTokens() {
  const outlay = createOutlayClient(platform.gatewayUrl);
  // Services find identity again one by one.
  const owner = await eventually(() => outlay.registerTenant());
  const foreign = await outlay.registerTenant();
  const login = async () =>
    (await outlay.call('POST', '/auth/login', { email: owner.email, password: ownerPassword })).body;
  const session = await login();
  const another = await outlay.call('POST', '/auth/refresh', { refresh_token: session.refresh_token });
  const closed = await login();
  await outlay.call('POST', '/auth/logout', undefined, { authorization: `Bearer ${closed.access_token}` });
  const client = createGrpcClient(identity.IdentityServiceService, {
    address: platform.addressOf('identity'),
    logger: createSilentLogger(),
  });
  const service = await client.issueServiceToken(anonymousContext(), {
    clientId: 'tenancy-billing',
    clientSecret: clientSecretOf(serviceClientSecret, 'tenancy-billing'),
  });
  client.close();
  const realKid = headerOf(session.access_token).kid;
  const jwks = JSON.parse((await sender.send({ method: 'GET', path: '/.well-known/jwks.json', headers: {} })).text);
  const publicJwk = jwks.keys.find((key: { kid: string }) => key.kid === realKid);
  return {
    good: session.access_token,
    another: another.body.access_token,
    foreign: foreign.token,
    service: service.accessToken,
    closed: closed.access_token,
    refreshToken: another.body.refresh_token,
    realKid,
    publicKey: createPublicKey({ key: publicJwk, format: 'jwk' }),
  };
}
