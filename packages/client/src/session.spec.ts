import { describe, expect, it } from '@jest/globals';
import { problem, type Received, startScriptedServer } from '../test/scripted-server.ts';
import { createOutlayClient, type SessionTokens } from './index.ts';

/** Knows one access token at a time; each refresh makes the next one. */
function platform() {
  let generation = 1;
  return ({ url, headers, body }: Received) => {
    if (url.endsWith('/auth/login')) return { body: tokens(generation) };
    if (url.endsWith('/auth/refresh')) {
      if (JSON.parse(body).refresh_token !== `refresh-${generation}`) return problem(401, 'refresh_token_invalid');
      generation += 1;
      return { body: tokens(generation) };
    }
    if (headers.authorization !== `Bearer access-${generation}`) return problem(401, 'token_expired');
    return { body: { id: headers.authorization } };
  };
}

const tokens = (generation: number) => ({
  access_token: `access-${generation}`,
  refresh_token: `refresh-${generation}`,
});
const refreshes = (received: Received[]) => received.filter(({ url }) => url.endsWith('/auth/refresh')).length;

describe('A session', () => {
  it('begins with logging in', async () => {
    await using server = await startScriptedServer(platform());
    const client = createOutlayClient({ baseUrl: server.url });

    await client.logIn({ email: 'mara@acme.example', password: 'Password123' }, { tenant: 'acme' });
    const { data } = await client.get('/tenant');

    expect(data.id).toBe('Bearer access-1');
    expect(server.received[0]!.headers).toMatchObject({ 'x-tenant-id': 'acme' });
    expect(server.received[0]!.headers.authorization).toBeUndefined();
  });

  it('is renewed once when its token has expired, however many calls find out', async () => {
    await using server = await startScriptedServer(platform());
    const told: (SessionTokens | undefined)[] = [];
    const client = createOutlayClient({
      baseUrl: server.url,
      session: { access_token: 'access-0', refresh_token: 'refresh-1' },
      onSession: (session) => told.push(session),
    });

    const answers = await Promise.all(Array.from({ length: 10 }, () => client.get('/tenant')));

    expect(new Set(answers.map(({ data }) => data.id))).toEqual(new Set(['Bearer access-2']));
    expect(refreshes(server.received)).toBe(1);
    expect(told).toEqual([tokens(2)]);
    expect(client.session()).toEqual(tokens(2));
  });

  it('is not renewed again for a call that finds out late', async () => {
    const answer = platform();
    const late = Promise.withResolvers<void>();
    await using server = await startScriptedServer(async (request) => {
      const given = answer(request);
      if (request.url.endsWith('/plans') && request.headers.authorization === 'Bearer access-0') await late.promise;
      return given;
    });
    const session = { access_token: 'access-0', refresh_token: 'refresh-1' };
    const client = createOutlayClient({ baseUrl: server.url, session });

    const slow = client.get('/plans');
    await client.get('/tenant');
    late.resolve();
    await slow;

    expect(refreshes(server.received)).toBe(1);
  });

  it('sends the write again as it was, key and body included', async () => {
    await using server = await startScriptedServer(platform());
    const client = createOutlayClient({
      baseUrl: server.url,
      session: { access_token: 'access-0', refresh_token: 'refresh-1' },
    });
    const body = { amount: '1.00', currency: 'EUR', title: 'Pens', expense_date: '2025-01-15' };

    await client.post('/expenses', { body });

    const writes = server.received.filter(({ url }) => url.endsWith('/expenses'));
    expect(writes.map((write) => JSON.parse(write.body))).toEqual([body, body]);
    expect(writes[0]!.headers['idempotency-key']).toBe(writes[1]!.headers['idempotency-key']);
  });

  it('is over when the refresh is refused', async () => {
    await using server = await startScriptedServer(platform());
    const told: unknown[] = [];
    const client = createOutlayClient({
      baseUrl: server.url,
      session: { access_token: 'access-0', refresh_token: 'stolen' },
      onSession: (session) => told.push(session),
    });

    await expect(client.get('/tenant')).rejects.toMatchObject({ code: 'refresh_token_invalid' });

    expect([told, client.session()]).toEqual([[undefined], undefined]);
  });

  it('outlives a refresh that found nobody', async () => {
    await using server = await startScriptedServer((request) =>
      request.url.endsWith('/auth/refresh') ? problem(503, 'unavailable') : platform()(request),
    );
    const session = { access_token: 'access-0', refresh_token: 'refresh-1' };
    const client = createOutlayClient({ baseUrl: server.url, session });

    await expect(client.get('/tenant')).rejects.toMatchObject({ code: 'unavailable' });

    expect(client.session()).toEqual(session);
  });

  it('is not renewed for a token that is refused for another reason', async () => {
    await using server = await startScriptedServer(() => problem(401, 'token_missing'));
    const client = createOutlayClient({ baseUrl: server.url, session: tokens(1) });

    await expect(client.get('/tenant')).rejects.toMatchObject({ code: 'token_missing' });

    expect(server.received).toHaveLength(1);
    expect(client.session()).toEqual({ access_token: tokens(1).access_token, refresh_token: tokens(1).refresh_token });
  });

  it('ends where it was closed elsewhere, and whoever keeps it is told', async () => {
    await using server = await startScriptedServer(() => problem(401, 'session_revoked'));
    const kept: unknown[] = [];
    const client = createOutlayClient({
      baseUrl: server.url,
      session: tokens(1),
      onSession: (session) => void kept.push(session),
    });

    await expect(client.get('/tenant')).rejects.toMatchObject({ code: 'session_revoked' });

    expect([client.session(), kept, server.received.length]).toEqual([undefined, [undefined], 1]);
  });

  it('tries only once more where the new token is refused as well', async () => {
    await using server = await startScriptedServer(({ url }) =>
      url.endsWith('/auth/refresh') ? { body: tokens(2) } : problem(401, 'token_expired'),
    );
    const client = createOutlayClient({ baseUrl: server.url, session: tokens(1) });

    await expect(client.get('/tenant')).rejects.toMatchObject({ code: 'token_expired' });

    expect(server.received).toHaveLength(3);
  });

  it('ends with logging out, also where it was closed before', async () => {
    await using server = await startScriptedServer((_request, { received }) =>
      received.length === 1 ? { body: {} } : problem(401, 'session_revoked'),
    );
    const client = createOutlayClient({ baseUrl: server.url, session: tokens(1) });

    await client.logOut();
    client.useSession(tokens(1));
    await client.logOut();

    expect(client.session()).toBeUndefined();
    expect(server.received.map(({ url }) => url)).toEqual(['/api/v1/auth/logout', '/api/v1/auth/logout']);
  });
});
