import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { anExpense } from '../support/fake-expenses.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  const long = 'All designers of the team. '.repeat(30);
  gateway = await startGateway({
    env: { CORS_ORIGINS: 'https://app.example.com' },
    handlers: {
      ledger: {
        listExpenses: () => ({
          expenses: Array.from({ length: 50 }, () => anExpense()),
          page: { nextCursor: '', hasMore: false, limit: 50 },
        }),
        getExpense: () => ({ expense: anExpense({ version: 7n, description: long }) }),
        recordExpense: () => ({ expense: anExpense({ description: long }), replayed: false, warnings: [] }),
      },
    },
  });
});
afterAll(() => gateway.stop());

interface Received {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
}

/** The bytes as they are on the wire: fetch would unpack them. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET', body?: unknown): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port: gateway.port, path, method, agent: false },
        headers: { authorization: `Bearer ${gateway.token()}`, 'content-type': 'application/json', ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) }),
        );
      },
    );
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const accept = (encoding: string) => ({ 'accept-encoding': encoding });

describe('What is read is compressed as the client prefers', () => {
  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['gzip', 'br;q=0, gzip', gunzipSync],
  ])('with %s for %s', async (encoding, accepted, unpack) => {
    const plain = await get('/api/v1/expenses');
    const packed = await get('/api/v1/expenses', accept(accepted));
    expect([packed.status, packed.headers['content-encoding']]).toEqual([200, encoding]);
    expect(packed.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 3);
    expect(JSON.parse(unpack(packed.bytes).toString('utf8')).data).toHaveLength(50);
  });

  it('not for those who do not ask', async () => {
    for (const headers of [{}, accept('identity'), accept('zstd')]) {
      const answer = await get('/api/v1/expenses', headers as Record<string, string>);
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(Number(answer.headers['content-length'])).toBe(answer.bytes.length);
    }
  });

  it('says to caches what the answer depends on, whatever it is', async () => {
    for (const [path, headers] of [
      ['/api/v1/expenses', accept('br')],
      ['/api/v1/tenant', {}],
      [`/api/v1/expenses/${newId()}`, { 'if-none-match': '"7"' }],
      ['/api/docs', accept('gzip')],
      ['/nothing', {}],
    ] as const) {
      const answer = await get(path, headers as Record<string, string>);
      expect([path, answer.headers.vary]).toEqual([path, 'Origin, Accept-Encoding']);
    }
  });

  it('leaves short answers and HEAD as they are', async () => {
    const short = await get('/api/v1/tenant', accept('br'));
    expect([short.status, short.headers['content-encoding']]).toEqual([200, undefined]);
    const head = await get('/api/v1/expenses', accept('br'), 'HEAD');
    expect([head.status, head.headers['content-encoding'], head.bytes.length]).toEqual([200, undefined, 0]);
  });

  it('documents and pages too', async () => {
    for (const path of [
      '/api/openapi.json',
      '/api/docs/redoc/redoc.standalone.js',
      '/api/docs/swagger/swagger-ui-bundle.js',
    ]) {
      const packed = await get(path, accept('br'));
      expect([path, packed.status, packed.headers['content-encoding']]).toEqual([path, 200, 'br']);
      expect(brotliDecompressSync(packed.bytes).length).toBeGreaterThan(packed.bytes.length * 2);
    }
  });
});

describe('Entity tags name the version, packed or not', () => {
  it('is the same tag, and the client that has it gets 304', async () => {
    const path = `/api/v1/expenses/${newId()}`;
    const packed = await get(path, accept('br'));
    expect([packed.headers['content-encoding'], packed.headers.etag]).toEqual(['br', '"7"']);
    const again = await get(path, { ...accept('br'), 'if-none-match': '"7"' });
    expect([again.status, again.bytes.length, again.headers['content-encoding']]).toEqual([304, 0, undefined]);
    expect([again.headers.etag, again.headers['cache-control']]).toEqual(['"7"', 'no-store']);
    expect((await get(path, { ...accept('br'), 'if-none-match': '"6"' })).status).toBe(200);
  });

  it('is there for documents', async () => {
    const first = await get('/api/openapi.json', accept('br'));
    const tag = String(first.headers.etag);
    expect((await get('/api/openapi.json', { ...accept('br'), 'if-none-match': tag })).status).toBe(304);
    expect((await get('/api/openapi.json', { ...accept('br'), 'if-none-match': '"other"' })).status).toBe(200);
  });
});

describe('An answer that may hold a secret is never compressed', () => {
  it('after a write', async () => {
    const expense = { amount: '1.00', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };
    const answer = await get('/api/v1/expenses', accept('br'), 'POST', expense);
    expect(answer.status).toBe(201);
    expect(answer.bytes.length).toBeGreaterThan(1_024);
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it('of /auth', async () => {
    const login = { email: 'mara@acme.example', password: 'Password123' };
    const answer = await get('/api/v1/auth/login', accept('br'), 'POST', login);
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
    expect(answer.bytes.length).toBeGreaterThan(1_024);
    expect((await get('/api/v1/auth/me', accept('br'))).headers.vary).toBe('Origin');
  });
});
