import { type ClientRequest, request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anImport, slowImports } from '../support/fake-imports.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const expense = { amount: '12.50', currency: 'EUR', title: 'Paper', expense_date: '2025-01-15' };
const csv = 'TRANS DATE;MERCHANT NAME;ORIGINAL GROSS AMT\n03/01/17;DRAFTSMAN LTD;125.50\n';

interface Sending {
  request: ClientRequest;
  /** Undefined as long as there is no answer. */
  answer: { status: number; code: string; connection: string | undefined } | undefined;
}

const sendings: Sending[] = [];
afterEach(() => {
  for (const { request } of sendings.splice(0)) request.destroy();
});

/** A request whose body begins and does not go on. */
function stall(gateway: TestGateway, path: string, options: { token: string; type?: string; begin?: string }): Sending {
  const { token, type = 'application/json', begin = '{' } = options;
  const headers = { authorization: `Bearer ${token}`, 'content-type': type, 'content-length': '5000' };
  const request = httpRequest({
    ...{ host: '127.0.0.1', port: gateway.port, method: 'POST', agent: false },
    path: `/api/v1${path}`,
    headers,
  });
  const sending: Sending = { request, answer: undefined };
  request.on('error', () => undefined);
  request.on('response', (response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    response.on('end', () => {
      const { connection } = response.headers;
      sending.answer = { status: response.statusCode ?? 0, code: JSON.parse(text).code, connection };
    });
  });
  request.write(begin);
  sendings.push(sending);
  return sending;
}

const upload = (gateway: TestGateway, token: string) =>
  gateway.fetch('/api/v1/imports', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv, token });

async function arriving(gateway: TestGateway, arrival: 'body' | 'upload'): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
  return Number(new RegExp(`^http_server_arrivals\\{arrival="${arrival}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** A ledger that takes whatever comes, and says what became of it. */
function takingLedger() {
  const seen = { opened: 0, ended: 0, whole: 0 };
  return {
    seen,
    handlers: {
      ledger: {
        startImport: async (parts: AsyncIterable<ledger.StartImportRequest>) => {
          seen.opened += 1;
          try {
            for await (const { part } of parts) if (part?.$case === 'end') seen.whole += 1;
          } finally {
            seen.ended += 1;
          }
          return { import: anImport({}), replayed: false };
        },
      },
    },
  };
}

describe('A member who sends bodies that do not come to their end', () => {
  it('keeps no colleague from working, nor themselves from reading', async () => {
    await using gateway = await startGateway({ env: { TENANT_CONCURRENCY: '4', TENANT_QUEUE_MAX: '12' } });
    const token = gateway.token({ userId: newId() });
    const colleague = gateway.token({ userId: newId() });

    const stalled = Array.from({ length: 64 }, () => stall(gateway, '/expenses', { token }));
    await eventually(() => expect(stalled.filter(({ answer }) => answer?.status === 503)).toHaveLength(56));
    expect(await arriving(gateway, 'body')).toBe(8);

    for (let time = 0; time < 8; time += 1) {
      const recorded = gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense, token: colleague });
      expect((await recorded).status).toBe(201);
    }
    expect((await gateway.fetch('/api/v1/expenses', { token })).status).toBe(200);
    const answered = stalled.flatMap(({ answer }) => answer?.code ?? []);
    expect(new Set(answered)).toEqual(new Set(['overloaded']));
  });

  it('does not fill the gateway either', async () => {
    await using gateway = await startGateway({ env: { IN_FLIGHT_MAX: '6', TENANT_CONCURRENCY: '6' } });
    const token = gateway.token({ userId: newId() });
    for (let time = 0; time < 20; time += 1) stall(gateway, '/expenses', { token });
    await eventually(async () => expect(await arriving(gateway, 'body')).toBe(3));

    const elsewhere = gateway.token({ tenantId: newId(), userId: newId() });
    for (let time = 0; time < 5; time += 1) {
      const recorded = gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense, token: elsewhere });
      expect((await recorded).status).toBe(201);
    }
  });

  it('is answered with 408 at the deadline, and has room again', async () => {
    await using gateway = await startGateway({ env: { REQUEST_DEADLINE_MS: '300' } });
    const sending = stall(gateway, '/expenses', { token: gateway.token() });
    await eventually(() => expect(sending.answer).toMatchObject({ status: 408, code: 'request_timeout' }));
    expect(await arriving(gateway, 'body')).toBe(0);
  });
});

describe('Files on their way in', () => {
  const limits = { UPLOADS_MAX: '4', TENANT_UPLOADS_MAX: '3', PERSON_UPLOADS_MAX: '2', TENANT_CONCURRENCY: '2' };

  it('have a lane of their own, with few places for a person, a tenant, and all', async () => {
    const { handlers } = takingLedger();
    await using gateway = await startGateway({ env: limits, handlers });
    const csvOf = (token: string) => stall(gateway, '/imports', { token, type: 'text/csv', begin: csv });
    const token = gateway.token({ userId: newId() });
    const colleague = gateway.token({ userId: newId() });
    const elsewhere = gateway.token({ tenantId: newId(), userId: newId() });

    csvOf(token);
    csvOf(token);
    await eventually(async () => expect(await arriving(gateway, 'upload')).toBe(2));
    const refused = await upload(gateway, token);
    expect([refused.status, (await refused.json()).code, refused.headers.get('retry-after')]).toEqual([
      503,
      'overloaded',
      '1',
    ]);
    expect((await upload(gateway, elsewhere)).status).toBe(202);
    csvOf(elsewhere);
    await eventually(async () => expect(await arriving(gateway, 'upload')).toBe(3));
    // Half of all is taken: a tenant has no more than its share now.
    expect((await upload(gateway, colleague)).status).toBe(503);
    const recorded = gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense, token: colleague });
    expect((await recorded).status).toBe(201);
  });

  it.each([
    ['stands still', undefined],
    ['comes by single bytes', 20],
  ])('are cut with 408 when one %s, and the ledger takes nothing of it', async (_how, everyMs) => {
    const { seen, handlers } = takingLedger();
    await using gateway = await startGateway({ env: { ...limits, UPLOAD_STALL_MS: '400' }, handlers });
    const token = gateway.token();
    const sending = stall(gateway, '/imports', { token, type: 'text/csv', begin: csv });
    const timer = everyMs && setInterval(() => sending.request.write('x'), everyMs);
    await eventually(() => expect(sending.answer).toBeDefined());
    clearInterval(timer || undefined);

    expect(sending.answer).toEqual({ status: 408, code: 'request_timeout', connection: 'close' });
    await eventually(() => expect(seen).toEqual({ opened: 1, ended: 1, whole: 0 }));
    expect(await arriving(gateway, 'upload')).toBe(0);
    expect((await upload(gateway, token)).status).toBe(202);
  });

  it('are cut in a form as well, before the file begins and after it', async () => {
    const { seen, handlers } = takingLedger();
    await using gateway = await startGateway({ env: { ...limits, UPLOAD_STALL_MS: '300' }, handlers });
    const type = 'multipart/form-data; boundary=x';
    const part = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n';
    for (const begin of ['--x\r\n', `${part}${csv}`, `${part}${csv}\r\n--x`]) {
      const sending = stall(gateway, '/imports', { token: gateway.token(), type, begin });
      await eventually(() => expect(sending.answer).toMatchObject({ status: 408, code: 'request_timeout' }));
    }
    expect(seen.whole).toBe(0);
  });

  it('may come slowly where it is the ledger that is slow', async () => {
    const { handlers, letGo } = slowImports();
    await using gateway = await startGateway({
      env: { UPLOAD_STALL_MS: '1000' },
      handlers: { ledger: handlers },
    });
    const answering = gateway.fetch('/api/v1/imports', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: Buffer.alloc(20_000_000, 'x'),
    });
    await eventually(async () => expect(await arriving(gateway, 'upload')).toBe(1));
    // As long as it takes to cut those who are slow themselves, twice over.
    for (let time = 0; time < 2; time += 1) {
      const slow = stall(gateway, '/imports', { token: gateway.token(), type: 'text/csv', begin: csv });
      await eventually(() => expect(slow.answer?.status).toBe(408));
    }
    letGo();
    const answer = await answering;
    expect([answer.status, (await answer.json()).rows_total]).toEqual([202, 20_000_000]);
  });
});
