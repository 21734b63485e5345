import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform } from '@outlay/testkit';
import { createOutlayClient, type OutlayClient } from '../drivers/outlay-client.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const expense = { amount: '12.50', currency: 'EUR', title: 'Paper', expense_date: '2025-01-15' };

let platform: TestPlatform;
let outlay: OutlayClient;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded' });
  outlay = createOutlayClient(platform.gatewayUrl);
});
afterAll(() => platform?.stop());

type Owner = Awaited<ReturnType<OutlayClient['registerTenant']>>;

async function makeKey(owner: Owner, scopes: string[]) {
  const { status, body } = await owner.call('POST', '/api-keys', { name: 'Machine', scopes });
  expect(status).toBe(201);
  return { id: body.id, secret: body.secret, call: callWith(body.secret) };
}

const callWith =
  (secret: string) =>
  (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    outlay.call(method, path, body, { authorization: `Bearer ${secret}`, ...headers });

describe('a machine with an API key', () => {
  it('records expenses as itself, once for each idempotency key', async () => {
    const owner = await outlay.registerTenant({ currency: 'EUR' });
    const machine = await makeKey(owner, ['expenses:write', 'expenses:read']);
    const key = { 'idempotency-key': randomUUID() };

    const first = await machine.call('POST', '/expenses', expense, key);
    const second = await machine.call('POST', '/expenses', expense, key);

    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(first.body.user_id).toBe(machine.id);
    // Another caller's key is another key.
    const other = await makeKey(owner, ['expenses:write', 'expenses:read']);
    expect((await other.call('POST', '/expenses', expense, key)).body.id).not.toBe(first.body.id);
    const { body } = await owner.call('GET', '/expenses');
    expect(body.data.map((one) => one.user_id).sort()).toEqual([machine.id, other.id].sort());
    expect((await machine.call('GET', '/expenses')).body.data).toHaveLength(2);
  });

  it('does nothing that its scopes do not name, and never manages people or keys', async () => {
    const owner = await outlay.registerTenant({ currency: 'EUR' });
    const machine = await makeKey(owner, ['expenses:read']);

    const outcomes = await Promise.all(
      (
        [
          ['POST', '/expenses', expense],
          ['GET', '/members', undefined],
          ['POST', '/invitations', { email: 'ida@people.example', role: 'admin' }],
          ['POST', '/api-keys', { name: 'More', scopes: ['tenant:write'] }],
          ['GET', '/users/me', undefined],
          ['POST', '/auth/logout', undefined],
        ] as const
      ).map(async ([method, path, body]) => (await machine.call(method, path, body)).body.code),
    );

    expect(outcomes).toEqual([...Array<string>(4).fill('scope_required'), ...Array<string>(2).fill('access_denied')]);
    expect((await machine.call('GET', '/expenses')).status).toBe(200);
  });

  it('goes on through a rotation, and stops when it is revoked', async () => {
    const owner = await outlay.registerTenant({ currency: 'EUR' });
    const machine = await makeKey(owner, ['expenses:read']);
    expect((await machine.call('GET', '/expenses')).status).toBe(200);

    const { body: rotated } = await owner.call('POST', `/api-keys/${machine.id}/rotate`, { overlap_seconds: 600 });
    const renewed = callWith(rotated.secret);
    for (const call of [machine.call, renewed]) expect((await call('GET', '/expenses')).status).toBe(200);
    expect((await owner.call('DELETE', `/api-keys/${machine.id}`)).status).toBe(200);

    for (const call of [machine.call, renewed]) {
      expect((await call('GET', '/expenses')).body.code).toBe('api_key_invalid');
    }
  });

  it('goes on while identity is away', async () => {
    const owner = await outlay.registerTenant({ currency: 'EUR' });
    const [known, unknown] = [await makeKey(owner, ['expenses:read']), await makeKey(owner, ['expenses:read'])];
    expect((await known.call('GET', '/expenses')).status).toBe(200);

    await platform.stopService('identity');
    expect((await known.call('GET', '/expenses')).status).toBe(200);
    expect((await unknown.call('GET', '/expenses')).status).toBe(503);
    await platform.startService('identity');

    await eventually(async () => expect((await unknown.call('GET', '/expenses')).status).toBe(200));
  });
});
