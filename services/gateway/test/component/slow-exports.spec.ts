import { get, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const readers: IncomingMessage[] = [];
afterEach(() => {
  for (const reader of readers.splice(0)) reader.destroy();
});

const path = '/api/v1/expenses/export';

/** A ledger whose exports have no end, and count how many are being read. */
function endlessLedger() {
  const seen = { open: 0 };
  async function* exportExpenses() {
    seen.open += 1;
    try {
      for (;;) yield { chunk: Buffer.alloc(64 * 1_024, 'x') };
    } finally {
      seen.open -= 1;
    }
  }
  return { seen, handlers: { ledger: { exportExpenses } } };
}

/** Somebody who fetches an export and takes nothing of it once it has begun. */
async function stall(gateway: TestGateway, token: string): Promise<{ reader: IncomingMessage; isCut: () => boolean }> {
  const headers = { authorization: `Bearer ${token}` };
  const options = { host: '127.0.0.1', port: gateway.port, path, headers, agent: false as const };
  const reader = await new Promise<IncomingMessage>((resolve) => get(options, resolve));
  let isCut = false;
  reader.on('error', () => {
    isCut = true;
  });
  reader.pause();
  readers.push(reader);
  return { reader, isCut: () => isCut };
}

describe('Exports that are taken slowly', () => {
  it('have few places for a person and a tenant, and leave the other requests theirs', async () => {
    const { handlers } = endlessLedger();
    const env = { TENANT_CONCURRENCY: '1', TENANT_QUEUE_MAX: '0', IN_FLIGHT_MAX: '2', EXPORT_STALL_MS: '300000' };
    await using gateway = await startGateway({ env, handlers });
    const [token, colleague, third] = [1, 2, 3].map(() => gateway.token({ userId: newId() }));
    const elsewhere = gateway.token({ tenantId: newId(), userId: newId() });

    const mine = [await stall(gateway, token!), await stall(gateway, token!)];
    const refused = await gateway.fetch(path, { token: token! });
    const theirs = [await stall(gateway, colleague!), await stall(gateway, colleague!)];
    const beyond = await gateway.fetch(path, { token: third! });
    const other = await stall(gateway, elsewhere);

    expect([...mine, ...theirs, other].map(({ reader }) => reader.statusCode)).toEqual([200, 200, 200, 200, 200]);
    for (const answer of [refused, beyond]) {
      expect([answer.status, (await answer.json()).code, answer.headers.get('retry-after')]).toEqual([
        503,
        'overloaded',
        '5',
      ]);
    }
    for (let time = 0; time < 3; time += 1) {
      expect((await gateway.fetch('/api/v1/expenses', { token: token! })).status).toBe(200);
    }
    mine[0]!.reader.destroy();
    await eventually(async () => expect((await stall(gateway, token!)).reader.statusCode).toBe(200));
  });

  it('are cut, which is told in the log and ends the reading behind them', async () => {
    const { seen, handlers } = endlessLedger();
    await using gateway = await startGateway({ env: { EXPORT_STALL_MS: '200' }, handlers });
    const { reader, isCut } = await stall(gateway, gateway.token());

    await eventually(() => expect(seen.open).toBe(0));
    reader.resume();
    await eventually(() => expect(isCut()).toBe(true));

    const lineOf = (message: string) => gateway.logLines.find(({ msg, route }) => msg === message && route === path);
    expect(lineOf('answer cut')).toMatchObject({
      level: 'warn',
      code: 'request_timeout',
      reason: 'The file was taken too slowly',
    });
    await eventually(() => expect(lineOf('request')).toMatchObject({ status: 408, code: 'request_timeout' }));
  });

  it('may come slowly where it is the ledger that is slow', async () => {
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    async function* exportExpenses() {
      yield { chunk: Buffer.from('id\r\n') };
      await gate;
      yield { chunk: Buffer.from('1\r\n') };
    }
    await using gateway = await startGateway({
      env: { EXPORT_STALL_MS: '100' },
      handlers: { ledger: { exportExpenses } },
    });
    const answer = await gateway.fetch(path);
    await new Promise((resolve) => setTimeout(resolve, 400));
    letGo();

    expect(await answer.text()).toBe('id\r\n1\r\n');
  });
});
