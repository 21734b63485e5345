import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, createTestVhost, eventually, freePort, testRedisUrl } from '@outlay/testkit';
import { repositoryRoot } from '@outlay/testkit/host';
import { demo } from '../seed.ts';

/** One `npm start` with data and a port of its own. */
class Starter {
  output = '';
  readonly #variables: Record<string, string>;
  #child: ChildProcess | undefined;

  constructor(variables: Record<string, string>) {
    this.#variables = variables;
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.#variables.GATEWAY_PORT}`;
  }

  async start(): Promise<void> {
    this.output = '';
    const hidden = ['DATABASE_URL', 'AMQP_URL', 'REDIS_URL', 'NODE_OPTIONS'];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !hidden.includes(name)));
    this.#child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'scripts/start.ts'], {
      cwd: repositoryRoot,
      env: { ...env, ...this.#variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    let isEnded = false;
    this.#child.once('close', () => {
      isEnded = true;
    });
    await eventually(() => expect(isEnded || this.output.includes('Outlay is ready')).toBe(true), {
      timeoutMs: 150_000,
      intervalMs: 50,
    });
    if (isEnded) throw new Error(`npm start ended:\n${this.output}`);
  }

  /** Resolves when the starter has ended and nothing that it started is left. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    await eventually(() => expect(this.#child?.exitCode !== null || this.#child?.signalCode !== null).toBe(true), {
      timeoutMs: 60_000,
    });
    await eventually(async () => expect(await this.processes()).toEqual([]), { timeoutMs: 60_000, intervalMs: 100 });
  }

  /** Every process that runs with this starter's data folder in its environment. */
  async processes(): Promise<{ pid: number; command: string }[]> {
    const found = await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map(async (name) => {
          const read = (file: string) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
          const [environment, command] = await Promise.all([read('environ'), read('cmdline')]);
          return { pid: Number(name), command: command.replaceAll('\0', ' '), environment };
        }),
    );
    return found
      .filter(({ environment }) => environment.includes(`OUTLAY_DATA=${this.#variables.OUTLAY_DATA}`))
      .map(({ pid, command }) => ({ pid, command }));
  }

  async call(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.gatewayUrl}/api/v1${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }

  async logIn(email: string): Promise<string> {
    const { status, body } = await this.call('POST', '/auth/login', { email, password: demo.password });
    expect(status).toBe(200);
    return (body as { access_token: string }).access_token;
  }
}

describe('npm start on its embedded default', () => {
  let data: string;
  let starter: Starter;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'outlay-start-'));
    starter = new Starter({ OUTLAY_DATA: data, GATEWAY_PORT: String(await freePort()) });
    await starter.start();
  }, 300_000);
  afterAll(async () => {
    await starter.end('SIGKILL');
    await rm(data, { recursive: true, force: true });
  }, 300_000);

  it('makes a demo tenant on Professional that its people and the platform admin can log in to', async () => {
    for (const { email } of [demo.owner, ...demo.members, demo.platformAdmin]) await starter.logIn(email);

    const { body } = await starter.call('GET', '/tenant', undefined, await starter.logIn(demo.owner.email));

    expect(body).toMatchObject({ subdomain: 'acme', plan: 'professional' });
  });

  it('finds at the second start what the first one stored, and does not make the demo tenant again', async () => {
    const token = await starter.logIn(demo.owner.email);
    const created = await starter.call('POST', '/categories', { name: 'Kept' }, token);
    expect(created.status).toBe(201);

    await starter.end('SIGINT');
    await starter.start();

    const { body } = await starter.call('GET', '/categories', undefined, await starter.logIn(demo.owner.email));
    expect((body as { data: { name: string }[] }).data.map(({ name }) => name)).toContain('Kept');
  }, 300_000);

  it('starts a service that was killed again', async () => {
    const ledger = (await starter.processes()).find(({ command }) => command.includes('services/ledger'));

    process.kill(ledger?.pid as number, 'SIGKILL');

    await eventually(() => expect(starter.output).toContain('ledger is back'), { timeoutMs: 60_000 });
    await eventually(async () => expect((await fetch(`${starter.gatewayUrl}/readyz`)).status).toBe(200));
  }, 120_000);

  it('leaves no process behind, not even when it is killed and can stop nothing itself', async () => {
    expect((await starter.processes()).length).toBeGreaterThan(6);

    await starter.end('SIGKILL');

    await starter.start();
    await starter.logIn(demo.owner.email);
  }, 300_000);
});

describe('npm start twice at the same moment', () => {
  it('brings up two platforms, each with services of its own', async () => {
    const starters: Starter[] = [];
    const folders: string[] = [];
    try {
      for (const _ of ['one', 'other']) {
        const data = await mkdtemp(join(tmpdir(), 'outlay-start-'));
        folders.push(data);
        starters.push(new Starter({ OUTLAY_DATA: data, GATEWAY_PORT: String(await freePort()) }));
      }
      await Promise.all(starters.map((starter) => starter.start()));

      for (const starter of starters) await starter.logIn(demo.owner.email);
    } finally {
      await Promise.all(starters.map((starter) => starter.end('SIGKILL')));
      for (const data of folders) await rm(data, { recursive: true, force: true });
    }
  }, 300_000);
});

describe('npm start on given servers', () => {
  it('runs on the PostgreSQL, RabbitMQ and Redis that the environment names', async () => {
    const data = await mkdtemp(join(tmpdir(), 'outlay-start-'));
    const database = await createTestDatabase();
    const vhost = await createTestVhost();
    const starter = new Starter({
      OUTLAY_DATA: data,
      GATEWAY_PORT: String(await freePort()),
      DATABASE_URL: database.adminUrl,
      AMQP_URL: vhost.amqpUrl,
      REDIS_URL: testRedisUrl(),
    });
    try {
      await starter.start();

      await starter.logIn(demo.owner.email);

      expect(starter.output).toContain('RabbitMQ at');
      await starter.end('SIGTERM');
      expect(starter.output).toContain('Stopped.');

      await rm(join(data, 'secrets'), { recursive: true });
      await expect(starter.start()).rejects.toThrow(
        /The database is in use, and SERVICE_CLIENT_SECRET.* not known here/,
      );
    } finally {
      await starter.end('SIGKILL');
      await vhost.drop();
      await database.drop();
      await rm(data, { recursive: true, force: true });
    }
  }, 300_000);
});
