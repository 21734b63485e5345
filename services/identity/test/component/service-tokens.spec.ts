import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  anonymousContext,
  type CallerContext,
  clientSecretOf,
  createTokenVerifier,
  type JsonWebKeySet,
} from '@outlay/platform';
import {
  bearing,
  password,
  refusalOf,
  serviceClientSecret,
  startIdentity,
  type TestIdentity,
} from './driver/start-identity.ts';

let identity: TestIdentity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.stop());

const secretOf = (clientId: string) => clientSecretOf(serviceClientSecret, clientId);
const issue = (clientId: string, clientSecret: string) =>
  identity.client.issueServiceToken(anonymousContext(), { clientId, clientSecret });
const publishedKeys = async (): Promise<JsonWebKeySet> =>
  JSON.parse((await identity.client.getJwks(anonymousContext(), {})).jwksJson);

describe('what is for one service', () => {
  const others = ['operator', 'gateway', 'identity', 'tenancy-billing', 'ledger', 'notifications', 'reporting'];
  const newcomer = { email: 'rogue@acme.example', password, firstName: 'No', lastName: 'Body', role: 'admin' };

  it.each([
    ['operator', (context: CallerContext) => identity.client.addMember(context, newcomer)],
    ['gateway', (context: CallerContext) => identity.client.listRevokedSessions(context, { since: undefined })],
    ['gateway', (context: CallerContext) => identity.client.exchangeApiKey(context, { secret: 'outlay_none' })],
    [
      'tenancy-billing',
      (context: CallerContext) => identity.client.getTenantOwner(context, { tenantId: String(context.tenantId) }),
    ],
  ] as const)('is for %s and no other', async (own, call) => {
    const { tenantId } = await identity.createOwner();
    for (const service of others.filter((name) => name !== own)) {
      const refusal = await refusalOf(call(await identity.asService(tenantId, service)));
      expect([service, refusal]).toMatchObject([service, { kind: 'forbidden', code: 'access_denied' }]);
    }
  });
});

describe('a token for a service', () => {
  it('names the service, no user and no tenant', async () => {
    const { accessToken, expiresInSeconds } = await issue('ledger', secretOf('ledger'));

    const verifier = createTokenVerifier({
      issuer: 'https://outlay.local',
      audience: 'outlay',
      loadKeys: publishedKeys,
    });
    const claims = await verifier.verify(accessToken);
    expect(claims).toMatchObject({ kind: 'service', sub: 'ledger' });
    expect(claims).not.toHaveProperty('tid');
    expect(claims).not.toHaveProperty('role');
    expect(claims).not.toHaveProperty('pad');
    expect(expiresInSeconds).toBe(3600);
  });

  it('is refused alike for a wrong secret, for that of another service, and for a service that there is not', async () => {
    const refusals = [
      await refusalOf(issue('ledger', 'wrong')),
      await refusalOf(issue('ledger', '')),
      await refusalOf(issue('ledger', `${secretOf('ledger')} `)),
      await refusalOf(issue('ledger', secretOf('gateway'))),
      await refusalOf(issue('ledger', serviceClientSecret)),
      await refusalOf(issue('nobody', secretOf('nobody'))),
      await refusalOf(issue('', '')),
    ];

    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]).toMatchObject({ kind: 'unauthenticated', code: 'invalid_client' });
  });

  it('is refused to whoever guesses, as one service from one place, and not to the others there', async () => {
    for (let index = 0; index < 30; index += 1) {
      expect(await refusalOf(issue('reporting', `guess ${index}`))).toMatchObject({ code: 'invalid_client' });
    }

    const refusal = await refusalOf(issue('reporting', secretOf('reporting')));

    expect(refusal).toMatchObject({ kind: 'rate_limited', code: 'too_many_attempts' });
    await expect(issue('ledger', secretOf('ledger'))).resolves.toBeDefined();
  });

  it('is refused to whoever tries names, whatever they are', async () => {
    const codes = new Set<string>();
    for (let index = 0; index < 40; index += 1) codes.add((await refusalOf(issue(`nobody-${index}`, 'x'))).code);

    expect(codes).toEqual(new Set(['invalid_client', 'too_many_attempts']));
  });

  it('does not open what is for people, nor a token of theirs what is for services', async () => {
    const owner = await identity.createOwner();
    const { session } = await identity.logIn(owner.email);
    const asService = bearing(await identity.serviceToken());
    const asOwner = bearing(session!.accessToken);

    expect(await refusalOf(identity.client.getMe(asService, {}))).toMatchObject({ kind: 'forbidden' });
    expect(await refusalOf(identity.client.logout(asService, {}))).toMatchObject({ kind: 'forbidden' });
    const tenantId = owner.tenantId;
    expect(await refusalOf(identity.client.getTenantOwner(asOwner, { tenantId }))).toMatchObject({ kind: 'forbidden' });
  });
});

describe('the key set', () => {
  it('holds public RSA keys for signatures, by their thumbprints, and nothing private', async () => {
    const { keys } = await publishedKeys();

    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(keys[0]).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' });
    expect(Buffer.from(keys[0]!.n!, 'base64url')).toHaveLength(256);
    expect(keys[0]!.kid).toMatch(/^[\w-]{43}$/);
  });
});
