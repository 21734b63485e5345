import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { headerOf } from '../drivers/read-token.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const email = 'platform@operator.example';

let platform: TestPlatform;
let outlay: OutlayClient;
beforeAll(async () => {
  const environment = { PLATFORM_ADMIN_EMAIL: email, PLATFORM_ADMIN_PASSWORD: ownerPassword };
  platform = await startPlatform({ bus: 'embedded', environment });
  outlay = createOutlayClient(platform.gatewayUrl);
});
afterAll(() => platform?.stop());

const rotateKeys = async (...args: string[]) => {
  const env = {
    ...process.env,
    OUTLAY_URL: platform.gatewayUrl,
    PLATFORM_ADMIN_EMAIL: email,
    PLATFORM_ADMIN_PASSWORD: ownerPassword,
  };
  return (await promisify(execFile)(process.execPath, ['scripts/rotate-keys.ts', ...args], { env })).stdout;
};
const publishedKids = async (): Promise<string[]> => {
  const answer = await fetch(`${platform.gatewayUrl}/.well-known/jwks.json`);
  const { keys } = (await answer.json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};
const bearing = (token: string) => ({ authorization: `Bearer ${token}` });
const logIn = async () =>
  (await outlay.call('POST', '/auth/login', { email: (await outlay.registerTenant()).email, password: ownerPassword }))
    .body;

describe('an operator who rotates the signing keys', () => {
  it('publishes the next one, and nobody notices', async () => {
    const { access_token: token } = await logIn();

    const said = await rotateKeys();

    expect(said).toMatch(/^Key [\w-]{43} is published; it signs from /);
    await eventually(async () => expect(await publishedKids()).toHaveLength(2), { timeoutMs: 60_000 });
    expect((await outlay.call('GET', '/expenses', undefined, bearing(token))).status).toBe(200);
    expect(headerOf((await logIn()).access_token)).toEqual(headerOf(token));
  });

  it('after a leak ends every access token everywhere, while sessions and services go on', async () => {
    const { access_token: token, refresh_token: refreshToken } = await logIn();

    const said = await rotateKeys('--withdraw-old');

    const kid = /^Key ([\w-]{43}) signs/.exec(said)?.[1];
    const paths = ['/auth/me', '/tenant', '/expenses', '/stats/summary?month=2025-01', '/notifications/deliveries'];
    await eventually(
      async () => {
        const answer = await outlay.call('GET', '/tenant', undefined, bearing(token));
        expect([answer.status, answer.body.code]).toEqual([401, 'token_invalid']);
      },
      { timeoutMs: 70_000 },
    );
    const refreshed = await outlay.call('POST', '/auth/refresh', { refresh_token: refreshToken });
    expect([refreshed.status, headerOf(refreshed.body.access_token).kid]).toEqual([200, kid]);
    const next = bearing(refreshed.body.access_token);
    for (const path of paths) {
      await eventually(async () => expect((await outlay.call('GET', path, undefined, next)).status).toBe(200));
    }
    // What services ask of each other in their own names: gateways of closed sessions, registration of identity.
    const { access_token: fresh } = await logIn();
    expect((await outlay.call('POST', '/auth/logout', undefined, bearing(fresh))).status).toBe(200);
    await eventually(async () => expect((await fetch(`${platform.gatewayUrl}/readyz`)).status).toBe(200));
    await eventually(async () => expect(await publishedKids()).toEqual([kid]), { timeoutMs: 60_000 });
  });
});
