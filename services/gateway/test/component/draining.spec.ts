import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { pause } from '@outlay/platform';
import { eventually, freePort } from '@outlay/testkit';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const processes: ChildProcess[] = [];
afterEach(() => {
  for (const process of processes.splice(0)) process.kill('SIGKILL');
});

/** A gateway in a process of its own, in front of the neighbours of another. */
async function startProcess({ fakes }: TestGateway, env: Record<string, string>) {
  const port = await freePort();
  const process_ = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      ...{ NODE_ENV: 'test', GATEWAY_PORT: String(port), OPS_PORT: '0', LOG_LEVEL: 'fatal' },
      SERVICE_CLIENT_SECRET: 'a-secret-for-tests',
      IDENTITY_ADDRESS: fakes.identity.address,
      TENANCY_BILLING_ADDRESS: fakes.tenancy.address,
      LEDGER_ADDRESS: fakes.ledger.address,
      NOTIFICATIONS_ADDRESS: fakes.notifications.address,
      REPORTING_ADDRESS: fakes.reporting.address,
      ...env,
    },
  });
  processes.push(process_);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), { timeoutMs: 20_000 });
  return { port, url, process: process_, ended: once(process_, 'exit') };
}

interface Answer {
  status: number | undefined;
  connection: string | undefined;
  text: string;
}

function get(port: number, path: string, options: { agent: Agent; token: string }): Promise<Answer> {
  const headers = { authorization: `Bearer ${options.token}` };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, agent: options.agent, headers },
      (answer: IncomingMessage) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode, connection: answer.headers.connection, text }));
      },
    );
    sent.on('error', reject).end();
  });
}

describe('A gateway that is told to stop', () => {
  it('cuts no request: not one in flight, not one on a kept connection, not one that comes while it drains', async () => {
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await using neighbours = await startGateway({
      handlers: { ledger: { listProjects: () => gate.then(() => ({ projects: [], page: undefined })) } },
    });
    const patience = { DRAIN_DELAY_MS: '4000', SHUTDOWN_TIMEOUT_MS: '30000', REQUEST_DEADLINE_MS: '30000' };
    const { port, url, process, ended } = await startProcess(neighbours, patience);
    const token = neighbours.token();
    const agent = new Agent({ keepAlive: true });
    const ask = (path: string) => get(port, path, { agent, token });
    expect(await ask('/api/v1/tenant')).toMatchObject({ status: 200, connection: 'keep-alive' });

    const inFlight = ask('/api/v1/projects');
    await eventually(() => expect(neighbours.lastCall('ledger', 'listProjects')).toBeDefined());
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    await get(port, '/api/v1/tenant', { agent: kept, token });
    process.kill('SIGTERM');

    // Readiness is gone while it still listens.
    await eventually(async () => {
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable', failing: ['stopping'] }]);
    });
    for (const ofAgent of [kept, new Agent()]) {
      const late = await get(port, '/api/v1/tenant', { agent: ofAgent, token });
      expect(late).toMatchObject({ status: 200, connection: 'close' });
    }
    // Whoever asks and asks is answered until nobody listens any more.
    const answered: Answer[] = [];
    const isListening = () => accepts(port);
    while (await isListening()) {
      const answer = await get(port, '/api/v1/tenant', { agent: new Agent(), token }).catch((error: Error) => error);
      if (!('status' in answer)) {
        // Who connects in the very instant of closing is refused, or reset where the handshake was done; nobody after that.
        expect(['ECONNREFUSED', 'ECONNRESET']).toContain((answer as NodeJS.ErrnoException).code);
        await eventually(async () => expect(await isListening()).toBe(false));
        break;
      }
      answered.push(answer);
    }
    expect(answered.length).toBeGreaterThan(10);
    expect(new Set(answered.map(({ status, connection }) => `${status} ${connection}`))).toEqual(
      new Set(['200 close']),
    );

    letGo();
    expect(await inFlight).toMatchObject({
      status: 200,
      connection: 'close',
      text: expect.stringContaining('"data":[]'),
    });
    expect(await ended).toEqual([0, null]);
    agent.destroy();
    kept.destroy();
  });
});

describe('Clients that keep their connections', () => {
  it('are each told to go by an answer, and none is cut between two requests', async () => {
    const gateway = await startGateway({ env: { DRAIN_DELAY_MS: '0' } });
    const { port } = gateway;
    const token = gateway.token();
    const counts = { answered: 0, cut: 0, told: 0 };
    const client = async (index: number) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (;;) {
        const answer = await get(port, '/api/v1/tenant', { agent, token }).catch(() => undefined);
        if (answer === undefined) {
          counts.cut += 1;
          break;
        }
        counts.answered += 1;
        if (answer.connection === 'close') {
          counts.told += 1;
          break;
        }
        // Each in a rhythm of its own, so that at any moment some are busy and some are not.
        await pause(index % 20);
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 60 }, (_, index) => client(index));
    await eventually(() => expect(counts.answered).toBeGreaterThan(120), { timeoutMs: 30_000 }).finally(gateway.stop);
    await Promise.all(clients);

    expect(counts).toMatchObject({ cut: 0, told: 60 });
  }, 120_000);
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
