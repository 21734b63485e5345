import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, createTokenVerifier, type JsonWebKeySet } from '@outlay/platform';
import { bearing, refusalOf, serviceClientSecret, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity.stop());

const issue = (clientId: string, clientSecret: string) =>
  identity.client.issueServiceToken(anonymousContext(), { clientId, clientSecret });
const publishedKeys = async (): Promise<JsonWebKeySet> =>
  JSON.parse((await identity.client.getJwks(anonymousContext(), {})).jwksJson);

describe('a token for a service', () => {
  it('names the service, no user and no tenant', async () => {
    const { accessToken, expiresInSeconds } = await issue('ledger', serviceClientSecret);

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

  it('is refused alike for a wrong secret and for a service that there is not', async () => {
    const refusals = [
      await refusalOf(issue('ledger', 'wrong')),
      await refusalOf(issue('ledger', '')),
      await refusalOf(issue('ledger', `${serviceClientSecret} `)),
      await refusalOf(issue('nobody', serviceClientSecret)),
      await refusalOf(issue('', '')),
    ];

    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]).toMatchObject({ kind: 'unauthenticated', code: 'invalid_client' });
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
