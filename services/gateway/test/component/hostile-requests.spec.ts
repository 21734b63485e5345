import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpServer } from '../../src/http/http-server.ts';
import { rawBytes } from '../support/raw-request.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let letGo = () => {};
beforeAll(async () => {
  gateway = await startGateway({
    handlers: {
      ledger: {
        listProjects: () =>
          new Promise((resolve) => {
            letGo = () => resolve({ projects: [], page: undefined });
          }),
      },
    },
  });
});
afterAll(() => gateway.stop());

/** What comes back for these bytes until the gateway closes, which it must do by itself. */
const send = (...lines: string[]) => rawBytes(gateway, lines.join('\r\n'));
const head = (target: string, ...headers: string[]) => [`GET ${target} HTTP/1.1`, 'Host: x', ...headers, '', ''];
const closing = (target: string, ...headers: string[]) => head(target, 'Connection: close', ...headers);
const many = (count: number) => Array.from({ length: count }, (_value, index) => `X-${index}: 1`);

const securityHeaders = [
  'X-Content-Type-Options: nosniff',
  'X-Frame-Options: DENY',
  'Strict-Transport-Security: max-age=31536000; includeSubDomains',
  'Referrer-Policy: no-referrer',
  'Cache-Control: no-store',
];

/** It is refused with a problem document that is safe to show, and the connection is over. */
function expectRefusal(answer: string, status: number, code: string): void {
  const [top = '', body = ''] = answer.split('\r\n\r\n');
  expect(top.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(JSON.parse(body)).toMatchObject({ status, code, trace_id: expect.stringMatching(/.+/) });
  for (const header of [...securityHeaders, 'Connection: close']) expect(top).toContain(header);
  expect(top).toMatch(/X-Request-Id: .+/i);
}

describe('A request that two readers may take for two things is refused, and its connection ends', () => {
  const post = (...headers: string[]) => ['POST /api/v1/expenses HTTP/1.1', 'Host: x', ...headers, '', ''];
  it.each<[string, string[]]>([
    ['both lengths', [...post('Content-Length: 6', 'Transfer-Encoding: chunked'), '0', '', 'G']],
    ['chunked, hidden behind another coding', [...post('Transfer-Encoding: chunked, identity'), '0', '', '']],
    ['a transfer coding that is none', [...post('Transfer-Encoding: xchunked'), '0', '', '']],
    ['a blank before the colon', post('Content-Length : 6')],
    ['two lengths', [...post('Content-Length: 6', 'Content-Length: 7'), '{}']],
    ['a negative length', post('Content-Length: -1')],
    ['a length that is no number', post('Content-Length: 1e3')],
    ['a chunk without a size', [...post('Transfer-Encoding: chunked', 'Content-Type: application/json'), 'Z', '']],
    ['two hosts', head('/healthz', 'Host: y')],
    ['no host', ['GET /healthz HTTP/1.1', '', '']],
    ['two tokens', head('/api/v1/tenant', 'Authorization: Bearer a', 'Authorization: Bearer b')],
    ['two tenants', head('/api/v1/tenant', 'X-Tenant-Id: a', 'X-Tenant-Id: b')],
    ['a line folded into the one before', head('/healthz', 'X-A: 1', ' 2')],
    ['a bare line feed', ['GET /healthz HTTP/1.1\nHost: x\nX-A: 1\n\n']],
    ['a NUL in a header', head('/healthz', 'X-A: a\0b')],
    ['an address that is a URL', head('http://evil.example/api/v1/tenant')],
    ['an address of a proxy', head('//evil.example/../api/v1/tenant#x', 'Host: z')],
    ['an unknown method', ['BREW /api/v1/tenant HTTP/1.1', 'Host: x', '', '']],
    ['an unknown version', ['GET / HTTP/9.9', 'Host: x', '', '']],
    ['letters beyond ASCII in the address', head('/api/v1/expenses?q=caf\u00e9')],
    ['something that is no HTTP', ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001', '']],
  ])('%s', async (_name, lines) => {
    expectRefusal(await send(...lines), 400, 'request_malformed');
  });

  it('tunnels to nowhere', async () => {
    expect(await send('CONNECT evil.example:443 HTTP/1.1', 'Host: x', '', '')).toBe('');
  });

  it('expects nothing but 100-continue', async () => {
    expectRefusal(await send(...head('/healthz', 'Expect: miracles')), 417, 'expectation_failed');
  });
});

describe('Too much of a head', () => {
  it('is refused by the number of headers', async () => {
    expectRefusal(await send(...head('/healthz', ...many(100))), 431, 'headers_too_large');
    expect(await send(...closing('/healthz', ...many(98)))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('does not lose the token among many headers', async () => {
    const answer = await send(...closing('/api/v1/tenant', ...many(90), `Authorization: Bearer ${gateway.token()}`));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is refused by its size', async () => {
    expectRefusal(await send(...head('/healthz', `X-A: ${'a'.repeat(20_000)}`)), 431, 'headers_too_large');
    expectRefusal(await send(...head(`/healthz?${'a'.repeat(20_000)}`)), 431, 'headers_too_large');
  });

  it('is refused by the length of its address', async () => {
    const answer = await send(...closing(`/api/v1/plans?${'a'.repeat(8_300)}`));
    expect(answer).toMatch(/^HTTP\/1\.1 414 /);
    expect(answer).toContain('"code":"uri_too_long"');
  });
});

describe('An address leads to what it says and nowhere else', () => {
  it.each([
    ['/api/v1/../../etc/passwd', 404],
    ['/api/v1/%2e%2e/%2e%2e/etc/passwd', 404],
    ['/api/docs/swagger/..%2f..%2fpackage.json', 404],
    ['/api/docs/swagger/..\\..\\package.json', 404],
    ['/api/docs/swagger/%00', 404],
    ['/api/v1/expenses/%00', 404],
    ['/api/v1/expenses/a%00b', 404],
    ['/api/v1/expenses/..', 404],
    ['/api/v1/expenses/%2e%2e%2fplans', 404],
    ['/api/v1/expenses/%', 400],
    ['/api/v1/expenses/%zz', 400],
    ['/api/v1/expenses/%ff', 400],
    ['/api/v1/expenses?q=%00', 400],
    ['//api/v1/tenant', 404],
    ['/api//v1/tenant', 404],
    ['/API/v1/tenant', 404],
    ['/api/v1/Tenant', 404],
    ['/api/v1/tenant;x=1', 404],
    ['/api/v1/tenant/.', 404],
    ['/api/v1/tenant//', 404],
    ['/api/v1/tenant/', 200],
    ['/api/v1/tenant/?', 200],
    ['/api/v1/tenant?', 200],
  ])('%s is %s', async (target, status) => {
    const answer = await send(...closing(target, `Authorization: Bearer ${gateway.token()}`));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status !== 200) expect(answer).toContain('application/problem+json');
  });

  it.each(['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'DELETE', 'PUT'])(
    '%s has no fifth hundred anywhere',
    async (method) => {
      for (const target of [
        '/',
        '/healthz',
        '/api/v1',
        '/api/v1/tenant',
        '/api/v1/expenses/x',
        '/api/docs',
        '/nothing',
      ]) {
        const answer = await send(
          ...[
            `${method} ${target} HTTP/1.1`,
            'Host: x',
            'Connection: close',
            `Authorization: Bearer ${gateway.token()}`,
          ],
          ...['', ''],
        );
        expect([target, answer.slice(0, 10)]).toEqual([target, expect.stringMatching(/^HTTP\/1\.1 [24]/)]);
        expect(answer).toContain('X-Content-Type-Options: nosniff');
      }
    },
  );

  it('OPTIONS of the whole server is refused', async () => {
    expectRefusal(await send('OPTIONS * HTTP/1.1', 'Host: x', '', ''), 400, 'request_malformed');
  });

  it('looks at no upgrade', async () => {
    const answer = await send(
      ...closing('/healthz', 'Upgrade: websocket').map((l) => l.replace('close', 'close, Upgrade')),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('Requests sent in one go', () => {
  const authorized = () => `Authorization: Bearer ${gateway.token()}`;

  it('are answered in their order', async () => {
    const pipelined = [
      ...head('/api/v1/tenant', authorized()).slice(0, -1),
      ...head('/nothing').slice(0, -1),
      ...closing('/healthz'),
    ];
    const answer = await send(...pipelined);
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(['200', '404', '200']);
  });

  it('that end in rubbish are answered as far as they were requests', async () => {
    const answering = send(...head('/api/v1/projects', authorized()).slice(0, -1), 'rubbish', '', '');
    await untilCalled();
    letGo();
    const answer = await answering;
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status)).toEqual(['200', '400']);
  });

  async function untilCalled(): Promise<void> {
    const before = letGo;
    while (letGo === before) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('A client that takes its time', () => {
  it('is cut off when its headers do not arrive', async () => {
    const server = createHttpServer({
      host: '127.0.0.1',
      port: 0,
      listener: (_request, response) => void response.end('answered'),
      drainTimeoutMs: 100,
      connectionsMax: 2,
      headersTimeoutMs: 200,
    });
    const port = await server.start();
    const slow = connect(port, '127.0.0.1', () => slow.write('GET / HTTP/1.1\r\nHost: x\r\nX-A'));
    expect(await read(slow)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n(.*\r\n)*.*"code":"request_timeout"/);
    await server.stop();
  });

  it('takes no place of others: so many connections are open and no more', async () => {
    const server = createHttpServer({
      host: '127.0.0.1',
      port: 0,
      listener: (_request, response) => void response.end('answered'),
      drainTimeoutMs: 100,
      connectionsMax: 2,
    });
    const port = await server.start();
    const first = await connected(port);
    const second = await connected(port);
    expect(await read(await connected(port))).toBe('');
    first.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await read(first)).toMatch(/answered$/);
    second.destroy();
    await server.stop();
  });
});

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
  });
}

function read(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
}
