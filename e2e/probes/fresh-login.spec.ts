import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type AccessRow, access, identity, tenancy } from '@outlay/contracts';
import { anonymousContext, createGrpcClient, createSilentLogger, type RpcDefinition } from '@outlay/platform';
import { startPlatform, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { platformAdmin } from '../drivers/platform-admin.ts';
import { claimsOf } from '../drivers/read-token.ts';
import { type ApiDocument, readApiDocument } from '../fuzz/api-document.ts';
import { subjectEnvironment } from '../fuzz/subject.ts';
import { needFreshLogin, roleTable } from './role-table.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

let platform: TestPlatform;
let outlay: OutlayClient;
let document: ApiDocument;
let owner: { email: string; password: string };
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: subjectEnvironment });
  outlay = createOutlayClient(platform.gatewayUrl);
  document = await readApiDocument(platform.gatewayUrl);
  owner = { email: (await outlay.registerTenant()).email, password: ownerPassword };
});
afterAll(() => platform?.stop());

/** An access token that is new, of a session whose log-in was so many seconds ago. */
async function tokenAfter(seconds: number, person: typeof owner): Promise<string> {
  const { body } = await outlay.call('POST', '/auth/login', person);
  const { sid } = claimsOf(body.access_token);
  await platform.database.query(
    'update identity.sessions set authenticated_at = authenticated_at - make_interval(secs => $2) where id = $1',
    [sid, seconds],
  );
  return (await outlay.call('POST', '/auth/refresh', { refresh_token: body.refresh_token })).body.access_token;
}

async function ask(operation: string, token: string) {
  const [method = '', path = ''] = operation.split(' ');
  const headers = { authorization: `Bearer ${token}` };
  return outlay.call(method, path.replaceAll('{id}', randomUUID()), method === 'GET' ? undefined : {}, headers);
}

const whoMay = (operation: string) => (roleTable[operation]?.includes('owner') ? owner : platformAdmin);

const tooOld = 901;
const youngEnough = 840;

describe('what needs a fresh log-in', () => {
  it('is what the document says', () => {
    const documented = document.operations.filter(({ needsFreshLogin }) => needsFreshLogin);

    expect(documented.map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`).sort()).toEqual(
      needFreshLogin.toSorted(),
    );
  });

  it.each(needFreshLogin)('refuses a new token of an old log-in, and says what it lacks: %s', async (operation) => {
    const answer = await ask(operation, await tokenAfter(tooOld, whoMay(operation)));

    expect(answer).toMatchObject({ status: 401, body: { code: 'fresh_login_required', status: 401 } });
    // RFC 9470, section 3.
    const challenge = answer.headers.get('www-authenticate');
    expect(challenge).toMatch(/^Bearer .*error="insufficient_user_authentication"/);
    expect(challenge).toMatch(/max_age="900"/);
  });

  it.each(needFreshLogin)('lets in whoever logged in a while ago: %s', async (operation) => {
    const { body } = await ask(operation, await tokenAfter(youngEnough, whoMay(operation)));

    expect(body.code).not.toBe('fresh_login_required');
  });

  it('is open again after the password was proved, in the same session', async () => {
    const old = await tokenAfter(tooOld, owner);
    expect((await ask('GET /users/me/export', old)).status).toBe(401);

    const headers = { authorization: `Bearer ${old}` };
    const proved = await outlay.call('POST', '/auth/reauthenticate', { password: ownerPassword }, headers);

    expect((await ask('GET /users/me/export', proved.body.access_token)).status).toBe(200);
    expect((await ask('GET /users/me/export', old)).status).toBe(401);
  });

  it('is nothing that others need', async () => {
    const old = await tokenAfter(tooOld, owner);
    const others = Object.keys(roleTable).filter((operation) => !needFreshLogin.includes(operation));

    const refused: string[] = [];
    for (const operation of others.filter((one) => !one.startsWith('POST /auth/logout'))) {
      if ((await ask(operation, old)).body.code === 'fresh_login_required') refused.push(operation);
    }
    expect(refused).toEqual([]);
  });
});

describe.each([
  ['identity', access.identity, identity.IdentityServiceService],
  ['tenancy-billing', access.tenancy, tenancy.TenancyBillingServiceService],
] as const)('%s, asked directly,', (service, rows, definition) => {
  const sensitive = Object.entries<AccessRow>(rows).filter(([, row]) => row.freshLogin);

  it.each(sensitive)('refuses an old log-in: %s', async (rpc, { caller }) => {
    const client = createGrpcClient(definition as typeof identity.IdentityServiceService, {
      address: platform.addressOf(service),
      logger: createSilentLogger(),
    });
    const call = client as unknown as Record<string, (context: object, request: object) => Promise<unknown>>;
    try {
      const token = await tokenAfter(tooOld, caller === 'platform_admin' ? platformAdmin : owner);
      const { requestDeserialize } = (definition as Record<string, Pick<RpcDefinition, 'requestDeserialize'>>)[rpc]!;
      const asked = call[rpc]?.({ ...anonymousContext(), token }, requestDeserialize(Buffer.alloc(0)) as object);

      await expect(asked).rejects.toMatchObject({ kind: 'unauthenticated', code: 'fresh_login_required' });
    } finally {
      client.close();
    }
  });
});
