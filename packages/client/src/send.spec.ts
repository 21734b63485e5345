import { describe, expect, it } from '@jest/globals';
import { problem, startScriptedServer } from '../test/scripted-server.ts';
import { createOutlayClient } from './index.ts';

const expense = { amount: '1.00', currency: 'EUR', title: 'Pens', expense_date: '2025-01-15' };
const soon = { headers: { 'Retry-After': '0' } };

describe('Trying again', () => {
  it.each([
    [429, 'rate_limited'],
    [503, 'unavailable'],
  ])('follows Retry-After of a %d, with the key of the first try', async (status, code) => {
    await using server = await startScriptedServer((_request, { received }) =>
      received.length < 3 ? problem(status, code, soon) : { status: 201, body: { id: 'e1' } },
    );
    const client = createOutlayClient({ baseUrl: server.url });

    const { data } = await client.post('/expenses', { body: expense });

    expect(data.id).toBe('e1');
    expect(server.received.map(({ body }) => JSON.parse(body))).toEqual([expense, expense, expense]);
    expect(new Set(server.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('waits as long as it is asked to', async () => {
    await using server = await startScriptedServer((_request, { received }) =>
      received.length < 2 ? problem(429, 'rate_limited', { headers: { 'Retry-After': '1' } }) : { body: {} },
    );
    const started = performance.now();

    await createOutlayClient({ baseUrl: server.url }).get('/tenant');

    expect(performance.now() - started).toBeGreaterThan(950);
  });

  it('takes Retry-After as a date', async () => {
    const past = new Date(Date.now() - 60_000).toUTCString();
    await using server = await startScriptedServer((_request, { received }) =>
      received.length < 2 ? problem(503, 'unavailable', { headers: { 'Retry-After': past } }) : { body: { id: 't' } },
    );

    const { data } = await createOutlayClient({ baseUrl: server.url }).get('/tenant');

    expect(data.id).toBe('t');
  });

  it('goes on after a connection that was lost', async () => {
    await using server = await startScriptedServer((_request, { received }) =>
      received.length < 2 ? 'hang up' : { status: 201, body: { id: 'e1' } },
    );

    const { data } = await createOutlayClient({ baseUrl: server.url }).post('/expenses', { body: expense });

    expect(data.id).toBe('e1');
    expect(server.received[0]!.headers['idempotency-key']).toBe(server.received[1]!.headers['idempotency-key']);
  });

  it('ends after so many tries, with the last problem', async () => {
    await using server = await startScriptedServer(() => problem(503, 'unavailable', soon));
    const client = createOutlayClient({ baseUrl: server.url, retry: { attemptsMax: 3 } });

    await expect(client.get('/tenant')).rejects.toMatchObject({ code: 'unavailable', retryAfterMs: 0 });
    expect(server.received).toHaveLength(3);
  });

  it.each([
    ['is not wanted', { retry: false } as const],
    ['is not wanted of this call', { call: { retry: false } } as const],
    ['could have two effects', { call: { idempotencyKey: false } } as const],
    ['would take too long', { retry: { waitMaxMs: 500 }, after: '1' } as const],
    ['was not asked for', { after: undefined } as const],
  ])('does not happen where it %s', async (_why, given: { retry?: false | object; call?: object; after?: string }) => {
    const after = 'after' in given ? given.after : '0';
    await using server = await startScriptedServer(() =>
      problem(503, 'unavailable', after === undefined ? {} : { headers: { 'Retry-After': after } }),
    );
    const client = createOutlayClient({ baseUrl: server.url, retry: given.retry });

    await expect(client.post('/expenses', { body: expense, ...given.call })).rejects.toMatchObject({ status: 503 });

    expect(server.received).toHaveLength(1);
  });

  it('does not happen after any other refusal', async () => {
    await using server = await startScriptedServer(() => problem(409, 'name_taken', soon));

    await expect(createOutlayClient({ baseUrl: server.url }).get('/tenant')).rejects.toMatchObject({ status: 409 });

    expect(server.received).toHaveLength(1);
  });
});
