import { describe, expect, it } from '@jest/globals';
import { problem, startScriptedServer } from '../test/scripted-server.ts';
import { createOutlayClient, OutlayProblem } from './index.ts';

const expense = { amount: '125.50', currency: 'EUR', title: 'Chairs', expense_date: '2025-01-15' };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('A call', () => {
  it('is sent as the document says', async () => {
    await using server = await startScriptedServer(() => ({ body: { id: '1' } }));
    const client = createOutlayClient({ baseUrl: `${server.url}/`, accessToken: 'token-1' });

    await client.get('/expenses', { query: { tag: ['a&b'], account_id: ['1', '2'], limit: 5 }, tenant: 'acme' });
    await client.patch('/expenses/{id}', { path: { id: 'a/b' }, body: { title: 'Desks' }, ifMatch: 3 });

    expect(server.received[0]).toMatchObject({
      method: 'GET',
      url: '/api/v1/expenses?tag=a%26b&account_id=1&account_id=2&limit=5',
      headers: { authorization: 'Bearer token-1', 'x-tenant-id': 'acme' },
      body: '',
    });
    expect(server.received[1]).toMatchObject({
      method: 'PATCH',
      url: '/api/v1/expenses/a%2Fb',
      headers: { 'content-type': 'application/json', 'if-match': '"3"' },
      body: '{"title":"Desks"}',
    });
  });

  it('asks for the token anew each time where it is a function', async () => {
    await using server = await startScriptedServer(() => ({ body: {} }));
    let calls = 0;
    const client = createOutlayClient({ baseUrl: server.url, accessToken: async () => `token-${++calls}` });

    await client.get('/tenant');
    await client.get('/tenant');

    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('answers what came, with its headers', async () => {
    await using server = await startScriptedServer(() => ({
      status: 201,
      headers: { ETag: '"1"' },
      body: { id: 'e1' },
    }));
    const client = createOutlayClient({ baseUrl: server.url });

    const { data, response } = await client.post('/expenses', { body: expense });

    expect([data.id, response.status, response.headers.get('etag')]).toEqual(['e1', 201, '"1"']);
  });

  it('reads answers that are text, files or nothing', async () => {
    const answers = [
      { headers: { 'Content-Type': 'text/csv' }, body: 'a;b' },
      { headers: { 'Content-Type': 'application/pdf' }, body: '%PDF' },
      { status: 204 },
    ];
    await using server = await startScriptedServer(({ url }) => answers[Number(url.at(-1))]!);
    const client = createOutlayClient({ baseUrl: server.url });
    const read = async (index: number) =>
      (await client.get('/expenses/{id}', { path: { id: String(index) } })).data as unknown;

    expect(await read(0)).toBe('a;b');
    expect(await ((await read(1)) as Blob).text()).toBe('%PDF');
    expect(await read(2)).toBeUndefined();
  });

  it('sends a file as it is, or in a form', async () => {
    await using server = await startScriptedServer(() => ({ status: 202, body: {} }));
    const client = createOutlayClient({ baseUrl: server.url });
    const latin1 = Uint8Array.from(Buffer.from('CAF\xc9;1', 'latin1'));

    await client.post('/imports', { body: latin1, contentType: 'text/csv' });
    await client.post('/imports', { body: { file: new File([latin1], 'card.csv', { type: 'text/csv' }) } });

    const [raw, form] = server.received;
    expect(raw).toMatchObject({ headers: { 'content-type': 'text/csv' }, body: 'CAF\xc9;1' });
    expect(form!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(form!.body).toContain('name="file"; filename="card.csv"');
    expect(form!.body).toContain('CAF\xc9;1');
  });

  it('can be given up', async () => {
    await using server = await startScriptedServer(() =>
      problem(503, 'unavailable', { headers: { 'Retry-After': '3600' } }),
    );
    // Otherwise it would wait for an hour.
    const client = createOutlayClient({ baseUrl: server.url, retry: { waitMaxMs: 3_600_000 } });

    const call = client.get('/tenant', { signal: AbortSignal.timeout(500) });

    await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(server.received).toHaveLength(1);
  });
});

describe('A write', () => {
  it('carries a key of its own, unless it is given one or told to go without', async () => {
    await using server = await startScriptedServer(() => ({ status: 201, body: {} }));
    const client = createOutlayClient({ baseUrl: server.url });

    await client.post('/expenses', { body: expense });
    await client.post('/expenses', { body: expense });
    await client.post('/expenses', { body: expense, idempotencyKey: 'mine' });
    await client.post('/expenses', { body: expense, idempotencyKey: false });
    await client.get('/tenant');

    const keys = server.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid), 'mine', undefined, undefined]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe('A refusal', () => {
  it('is an OutlayProblem with all that the document says', async () => {
    const errors = [{ field: 'amount', code: 'required', message: 'is required' }];
    await using server = await startScriptedServer(() => problem(422, 'validation_failed', { body: { errors } }));
    const client = createOutlayClient({ baseUrl: server.url });

    const refusal = await client.post('/expenses', { body: expense }).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(OutlayProblem);
    expect(refusal).toMatchObject({
      status: 422,
      code: 'validation_failed',
      message: 'It was validation_failed',
      errors,
      traceId: 'abc',
      document: { type: 'urn:outlay:problem:validation_failed' },
    });
  });

  it.each([
    ['a page of a proxy', { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<h1>Bad gateway</h1>' }],
    ['JSON that is no problem', { status: 500, body: ['oops'] }],
    ['broken JSON', { status: 500, body: '{' }],
    ['nothing', { status: 500 }],
  ])('is an OutlayProblem as well where it is %s', async (_what, answer) => {
    await using server = await startScriptedServer(() => answer);
    const client = createOutlayClient({ baseUrl: server.url });

    await expect(client.get('/tenant')).rejects.toMatchObject({
      name: 'OutlayProblem',
      status: answer.status,
      code: 'unexpected_answer',
      errors: [],
    });
  });
});

describe('A list', () => {
  const pageOf = (from: number, next: string | null) => ({
    body: {
      data: [{ id: `e${from}` }, { id: `e${from + 1}` }],
      pagination: { next_cursor: next, has_more: next !== null, limit: 2 },
    },
  });

  it('is read page by page, to the end', async () => {
    await using server = await startScriptedServer(({ url }) =>
      url.includes('cursor=c2') ? pageOf(3, null) : pageOf(1, 'c2'),
    );
    const client = createOutlayClient({ baseUrl: server.url });

    const ids: string[] = [];
    for await (const { id } of client.entries('/expenses', { query: { limit: 2 } })) ids.push(id);
    const pages: number[] = [];
    for await (const page of client.paginate('/expenses', { query: { limit: 2 } })) pages.push(page.data.length);

    expect(ids).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(pages).toEqual([2, 2]);
    expect(server.received.slice(0, 2).map(({ url }) => url)).toEqual([
      '/api/v1/expenses?limit=2',
      '/api/v1/expenses?limit=2&cursor=c2',
    ]);
  });

  it('is read no further than it is asked for', async () => {
    await using server = await startScriptedServer(() => pageOf(1, 'c2'));
    const client = createOutlayClient({ baseUrl: server.url });

    for await (const _entry of client.entries('/expenses')) break;

    expect(server.received).toHaveLength(1);
  });
});

describe('The types', () => {
  it('refuse what the document does not have', () => {
    const client = createOutlayClient({ baseUrl: '' });
    const refused = [
      // @ts-expect-error there is no such path
      () => client.get('/nothing'),
      // @ts-expect-error the id is missing
      () => client.get('/expenses/{id}'),
      // @ts-expect-error there is no such filter
      () => client.get('/expenses', { query: { colour: 'red' } }),
      // @ts-expect-error amounts are text
      () => client.post('/expenses', { body: { ...expense, amount: 125.5 } }),
      // @ts-expect-error not a list
      () => client.paginate('/tenant'),
    ];
    expect(refused).toHaveLength(5);
  });
});
