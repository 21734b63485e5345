import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually, startFakeGrpc } from '@outlay/testkit';
import {
  currentCallScope,
  DomainError,
  invalid,
  metrics,
  notFound,
  remainingMs,
  runInCallScope,
  unavailable,
} from '../src/index.ts';
import { callerWith, type Echo, echoHandlers, issuer, nobody, readAll, startEcho } from './support/echo.ts';
import { type EchoMessage, echoDefinition } from './support/echo-service.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(...args: Parameters<typeof startEcho>): Promise<Echo> {
  const echo = await startEcho(...args);
  stops.push(echo.stop);
  return echo;
}

/** A promise and how to settle it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function* messages(...texts: string[]): AsyncGenerator<EchoMessage> {
  for (const text of texts) yield { text };
}

const failWith = (error: unknown) => ({
  access: 'public' as const,
  handle: async (): Promise<EchoMessage> => {
    throw error;
  },
});

describe('a call', () => {
  it('goes through in each of the four kinds', async () => {
    const { client } = await start();
    expect(await client.getEcho(nobody, { text: 'one' })).toEqual({ text: 'one' });
    expect(await readAll(client.listEchoes(nobody, { text: 'x', count: 3 }))).toEqual([
      { text: 'x', count: 1 },
      { text: 'x', count: 2 },
      { text: 'x', count: 3 },
    ]);
    expect(await client.collectEchoes(nobody, messages('a', 'b'))).toEqual({ text: 'a,b', count: 2 });
    expect(await readAll(client.exchangeEchoes(nobody, messages('a', 'b')))).toEqual([{ text: 'A' }, { text: 'B' }]);
  });

  it('carries the request id, the idempotency key and the deadline to the handler and its logs', async () => {
    const seen: unknown[] = [];
    const { client } = await start({
      sendEcho: {
        access: 'public',
        async handle(context, request) {
          seen.push(context.requestId, context.idempotencyKey, currentCallScope()?.requestId);
          expect(remainingMs()).toBeGreaterThan(0);
          expect(remainingMs()).toBeLessThanOrEqual(700);
          return request;
        },
      },
    });
    await client.sendEcho({ ...nobody, requestId: 'r-7', idempotencyKey: 'k-7' }, { text: '' }, { deadlineMs: 700 });
    expect(seen).toEqual(['r-7', 'k-7', 'r-7']);
  });

  it('streams no faster than the reader reads, and stops the handler when the reader leaves', async () => {
    let produced = 0;
    const left = gate();
    const { client } = await start({
      listEchoes: {
        access: 'public',
        async *handle() {
          try {
            for (;;) {
              produced += 1;
              yield { text: 'x'.repeat(10_000) };
            }
          } finally {
            left.open();
          }
        },
      },
    });
    for await (const { text } of client.listEchoes(nobody, { text: '' })) {
      expect(text).toHaveLength(10_000);
      break;
    }
    await left.opened;
    expect(produced).toBeLessThan(2_000);
  });
});

describe('an error', () => {
  it('arrives as it was thrown: kind, code, message, details and meta', async () => {
    const thrown = new DomainError('conflict', 'plan_limit_reached', 'The plan allows 3 projects: „Änderung“', {
      details: [{ field: 'items[2].name', code: 'too_long', message: 'must have at most 100 characters' }],
      meta: { limit: '3' },
    });
    const { client } = await start({ getEcho: failWith(thrown) });
    const received = await client.getEcho(nobody, { text: '' }).catch((error: unknown) => error);
    expect(received).toBeInstanceOf(DomainError);
    expect(received).toMatchObject({
      kind: thrown.kind,
      code: thrown.code,
      message: thrown.message,
      details: thrown.details,
      meta: thrown.meta,
    });
  });

  it.each([
    'unreadable',
    'unauthenticated',
    'forbidden',
    'not_found',
    'conflict',
    'precondition_failed',
    'invalid',
    'rate_limited',
    'unavailable',
    'deadline_exceeded',
  ] as const)('of kind %s keeps its kind', async (kind) => {
    const { client } = await start({ getEcho: failWith(new DomainError(kind, 'some_code', 'Some message')) });
    await expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject({ kind, code: 'some_code' });
  });

  it('that nobody expected tells the caller nothing of its cause', async () => {
    const { client } = await start({ getEcho: failWith(new Error('password is hunter2')) });
    const received = (await client.getEcho(nobody, { text: '' }).catch((error: unknown) => error)) as DomainError;
    expect(received).toMatchObject({ kind: 'internal', code: 'internal', message: 'Something went wrong' });
    expect(JSON.stringify(received)).not.toContain('hunter2');
  });

  it('with a thousand details arrives too', async () => {
    const details = Array.from({ length: 1_000 }, (_, index) => ({
      field: `items[${index}]`,
      code: 'invalid',
      message: 'ü'.repeat(200),
    }));
    const { client } = await start({ getEcho: failWith(invalid(details)) });
    const received = (await client.getEcho(nobody, { text: '' }).catch((error: unknown) => error)) as DomainError;
    expect(received).toMatchObject({ kind: 'invalid', code: 'validation_failed' });
    expect(received.details.length).toBeGreaterThan(0);
  });

  it('ends a stream after what was sent before it', async () => {
    const { client } = await start({
      listEchoes: {
        access: 'public',
        async *handle() {
          yield { text: 'first' };
          throw notFound('gone', 'Gone');
        },
      },
    });
    const received: EchoMessage[] = [];
    const reading = (async () => {
      for await (const message of client.listEchoes(nobody, { text: '' })) received.push(message);
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'not_found', code: 'gone' });
    expect(received).toEqual([{ text: 'first' }]);
  });

  it('of the source of a request stream is the one that is thrown', async () => {
    const { client } = await start();
    async function* broken(): AsyncGenerator<EchoMessage> {
      yield { text: 'a' };
      throw new Error('the file ended early');
    }
    await expect(client.collectEchoes(nobody, broken())).rejects.toThrow('the file ended early');
    await expect(readAll(client.exchangeEchoes(nobody, broken()))).rejects.toThrow('the file ended early');
  });

  it('before a request stream was read is answered at once', async () => {
    const { client } = await start({
      collectEchoes: {
        access: 'public',
        handle: async () => {
          throw notFound('gone', 'Gone');
        },
      },
    });
    async function* endless(): AsyncGenerator<EchoMessage> {
      for (;;) yield { text: 'x'.repeat(10_000) };
    }
    await expect(client.collectEchoes(nobody, endless())).rejects.toMatchObject({ code: 'gone' });
  });

  it('of a peer that sends no details still has its kind', async () => {
    const fake = await startFakeGrpc(echoDefinition, {});
    stops.push(fake.stop);
    const { connect } = await start();
    const client = connect({ address: fake.address });
    await expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject({ kind: 'internal' });
  });
});

describe('time', () => {
  const hang = { access: 'public' as const, handle: () => new Promise<EchoMessage>(() => undefined) };

  it('is up for the caller of a handler that hangs', async () => {
    const { client } = await start({ sendEcho: hang });
    const startedAt = performance.now();
    const call = client.sendEcho(nobody, { text: '' }, { deadlineMs: 150 });
    await expect(call).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    expect(performance.now() - startedAt).toBeLessThan(350);
    // The server has done with the call as well, however long the handler takes.
    await eventually(async () =>
      expect(await metrics.metrics()).toMatch(
        /outlay_grpc_server_duration_seconds_count\{method="test.v1.Echo\/SendEcho",kind="deadline_exceeded"\} [1-9]/,
      ),
    );
  });

  it('is shared with the calls a handler makes', async () => {
    const inner = await start({ getEcho: hang });
    const outer = await start({
      getEcho: {
        access: 'public',
        handle: (context, request) => inner.client.getEcho(context, request, { deadlineMs: 60_000 }),
      },
    });
    const startedAt = performance.now();
    const call = outer.client.getEcho(nobody, { text: '' }, { deadlineMs: 150 });
    await expect(call).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    expect(performance.now() - startedAt).toBeLessThan(350);
  });

  it('that is up already makes no call', async () => {
    let calls = 0;
    const { client } = await start({
      getEcho: {
        access: 'public',
        handle: async (_context, request) => {
          calls += 1;
          return request;
        },
      },
    });
    const call = runInCallScope({ deadlineAt: Date.now() - 1 }, () => client.getEcho(nobody, { text: '' }));
    await expect(call).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    expect(calls).toBe(0);
  });

  it('aborts the signal of the work when the caller has gone', async () => {
    const entered = gate();
    const aborted = gate();
    const { client } = await start({
      getEcho: {
        access: 'public',
        handle: () => {
          currentCallScope()?.signal?.addEventListener('abort', aborted.open);
          entered.open();
          return new Promise<EchoMessage>(() => undefined);
        },
      },
    });
    const caller = new AbortController();
    const call = runInCallScope({ signal: caller.signal }, () => client.getEcho(nobody, { text: '' }));
    call.catch(() => undefined);
    await entered.opened;
    caller.abort();
    await aborted.opened;
    await expect(call).rejects.toBeInstanceOf(DomainError);
  });
});

describe('a broken connection', () => {
  async function startBehindProxy(handlers?: Parameters<typeof startEcho>[0]) {
    const echo = await start(handlers);
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: Number(echo.address.split(':')[1]) });
    stops.push(proxy.close);
    return { proxy, client: echo.connect({ address: `127.0.0.1:${proxy.port}` }) };
  }

  it('during a call is unavailable, and the next call connects again', async () => {
    const entered = gate();
    const { proxy, client } = await startBehindProxy({
      sendEcho: {
        access: 'public',
        handle: () => {
          entered.open();
          return new Promise<EchoMessage>(() => undefined);
        },
      },
    });
    const call = client.sendEcho(nobody, { text: '' });
    call.catch(() => undefined);
    await entered.opened;
    proxy.cut();
    await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
    await eventually(() => client.getEcho(nobody, { text: '' }));
  });

  it('to a peer that is gone is unavailable at once, and whole again within two seconds of its return', async () => {
    const { proxy, client } = await startBehindProxy();
    await client.getEcho(nobody, { text: '' });
    await proxy.refuse();
    await eventually(() =>
      expect(client.getEcho(nobody, { text: '' }, { deadlineMs: 5_000 })).rejects.toMatchObject({
        kind: 'unavailable',
      }),
    );
    await proxy.resume();
    await eventually(() => client.getEcho(nobody, { text: '' }), { timeoutMs: 3_000 });
  });

  it('to a peer that hangs ends with the deadline', async () => {
    const { proxy, client } = await startBehindProxy();
    await client.getEcho(nobody, { text: '' });
    proxy.hang();
    const startedAt = performance.now();
    await expect(client.getEcho(nobody, { text: '' }, { deadlineMs: 150 })).rejects.toMatchObject({
      kind: 'deadline_exceeded',
    });
    expect(performance.now() - startedAt).toBeLessThan(350);
    await proxy.resume();
    await eventually(() => client.getEcho(nobody, { text: '' }));
  });
});

describe('trying again', () => {
  /** Fails the first calls with the given error, then answers. */
  function flaky(failures: number, error: unknown) {
    const state = { calls: 0 };
    const handle = async (): Promise<EchoMessage> => {
      state.calls += 1;
      if (state.calls <= failures) throw error;
      return { text: 'answered' };
    };
    return { state, handler: { access: 'public' as const, handle } };
  }
  const down = unavailable('database_unavailable', 'Down');

  it('happens for a read after unavailable', async () => {
    const { state, handler } = flaky(2, down);
    const { client } = await start({ getEcho: handler }, { client: { retry: true } });
    expect(await client.getEcho(nobody, { text: '' })).toEqual({ text: 'answered' });
    expect(state.calls).toBe(3);
  });

  it('happens for a write only with an idempotency key', async () => {
    const bare = flaky(1, down);
    const first = await start({ sendEcho: bare.handler }, { client: { retry: true } });
    await expect(first.client.sendEcho(nobody, { text: '' })).rejects.toMatchObject({ kind: 'unavailable' });
    expect(bare.state.calls).toBe(1);

    const keyed = flaky(1, down);
    const second = await start({ sendEcho: keyed.handler }, { client: { retry: true } });
    await second.client.sendEcho({ ...nobody, idempotencyKey: 'k' }, { text: '' });
    expect(keyed.state.calls).toBe(2);
  });

  it('does not happen unless it was asked for, nor for other errors, nor when the peer is overloaded', async () => {
    const cases = [
      { error: down, retry: false },
      { error: notFound('gone', 'Gone'), retry: true },
      { error: new Error('bug'), retry: true },
      { error: new DomainError('deadline_exceeded', 'late', 'Late'), retry: true },
      { error: unavailable('overloaded', 'Busy'), retry: true },
    ];
    for (const { error, retry } of cases) {
      const { state, handler } = flaky(1, error);
      const { client } = await start({ getEcho: handler }, { client: { retry } });
      await expect(client.getEcho(nobody, { text: '' })).rejects.toBeInstanceOf(DomainError);
      expect(state.calls).toBe(1);
    }
  });

  it('ends with the deadline', async () => {
    const { handler } = flaky(1_000, down);
    const { client } = await start({ getEcho: handler }, { client: { retry: true } });
    const startedAt = performance.now();
    const call = client.getEcho(nobody, { text: '' }, { deadlineMs: 120 });
    await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
    expect(performance.now() - startedAt).toBeLessThan(320);
  });

  it('survives a peer that is restarted', async () => {
    const first = await start();
    const client = first.connect({ retry: true });
    await client.getEcho(nobody, { text: '' });
    await first.server.stop();
    const port = Number(first.address.split(':')[1]);
    await expect(client.getEcho(nobody, { text: '' }, { deadlineMs: 300 })).rejects.toMatchObject({
      kind: expect.stringMatching(/^(unavailable|deadline_exceeded)$/),
    });
    await start({}, { port });
    await eventually(() => client.getEcho(nobody, { text: 'back' }));
  });
});

describe('who may call', () => {
  const tenantId = '0190d9a0-0000-7000-8000-000000000001';
  const otherId = '0190d9a0-0000-7000-8000-000000000002';
  const echo = async (_context: unknown, request: EchoMessage) => request;

  const callers = {
    nobody,
    forged: callerWith('not.a.token'),
    user: callerWith(issuer.token()),
    member: callerWith(issuer.token({ tenantId, role: 'member' })),
    owner: callerWith(issuer.token({ tenantId, role: 'owner' })),
    platformAdmin: callerWith(issuer.token({ platformAdmin: true })),
    service: callerWith(issuer.token({ kind: 'service', userId: 'ledger' })),
    serviceForTenant: callerWith(issuer.token({ kind: 'service' }), { tenantId: tenantId as never }),
    serviceAdmin: callerWith(issuer.token({ kind: 'service', platformAdmin: true })),
  };
  const all = Object.keys(callers) as (keyof typeof callers)[];

  it.each([
    ['public', all],
    ['user', ['user', 'member', 'owner', 'platformAdmin']],
    ['tenant', ['member', 'owner']],
    ['service', ['service', 'serviceForTenant', 'serviceAdmin']],
    ['tenant_or_service', ['member', 'owner', 'serviceForTenant']],
    ['platform_admin', ['platformAdmin']],
  ] as const)('%s lets in %p', async (access, allowed) => {
    const { client } = await start({ getEcho: { access, handle: echo } });
    for (const name of all) {
      const call = client.getEcho(callers[name], { text: name });
      if ((allowed as readonly string[]).includes(name)) await expect(call).resolves.toEqual({ text: name });
      else {
        const kind = name === 'nobody' || name === 'forged' ? 'unauthenticated' : 'forbidden';
        await expect(call).rejects.toMatchObject({ kind });
      }
    }
  });

  it('is narrowed by roles', async () => {
    const { client } = await start({ getEcho: { access: 'tenant', roles: ['owner', 'admin'], handle: echo } });
    await client.getEcho(callers.owner, { text: '' });
    await expect(client.getEcho(callers.member, { text: '' })).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'role_required',
    });
  });

  it('is narrowed by roles for users alone', async () => {
    const { client } = await start({ getEcho: { access: 'tenant_or_service', roles: ['owner'], handle: echo } });
    await client.getEcho(callers.owner, { text: '' });
    await client.getEcho(callers.serviceForTenant, { text: '' });
    await expect(client.getEcho(callers.member, { text: '' })).rejects.toMatchObject({ code: 'role_required' });
  });

  it('is checked for streams as well', async () => {
    const { client } = await start({
      listEchoes: { ...echoHandlers.listEchoes, access: 'service' },
      collectEchoes: { ...echoHandlers.collectEchoes, access: 'service' },
    } as Parameters<typeof startEcho>[0]);
    await expect(readAll(client.listEchoes(nobody, { text: '', count: 1 }))).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
    await expect(client.collectEchoes(callers.member, messages('a'))).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await readAll(client.listEchoes(callers.service, { text: '', count: 1 }))).toHaveLength(1);
  });

  it('makes the context from the token alone', async () => {
    let seen: unknown;
    const { client } = await start({
      getEcho: {
        access: 'tenant',
        handle: async (context, request) => {
          seen = context;
          return request;
        },
      },
    });
    const token = issuer.token({ tenantId, role: 'analyst', userId: 'u-1', sessionId: 's-1', scopes: ['read'] });
    await client.getEcho(callerWith(token, { role: 'owner', platformAdmin: true }), { text: '' });
    expect(seen).toMatchObject({
      actor: { kind: 'user', id: 'u-1' },
      tenantId,
      role: 'analyst',
      platformAdmin: false,
      sessionId: 's-1',
      scopes: ['read'],
      requestId: 'request-1',
      token,
    });
  });

  it('refuses a user who names another tenant, and lets a service name one', async () => {
    const named = { tenantId: otherId as never };
    const seen: unknown[] = [];
    const { client } = await start({
      getEcho: { access: 'tenant', handle: echo },
      sendEcho: {
        access: 'service',
        handle: async (context, request) => {
          seen.push(context.tenantId);
          return request;
        },
      },
    });
    await expect(client.getEcho({ ...callers.owner, ...named }, { text: '' })).rejects.toMatchObject({
      code: 'tenant_mismatch',
    });
    await client.sendEcho({ ...callers.service, ...named }, { text: '' });
    await client.sendEcho(callers.service, { text: '' });
    expect(seen).toEqual([otherId, undefined]);
  });

  it('gives calls without a token the one of the service', async () => {
    const { connect } = await start({ getEcho: { access: 'service', handle: echo } });
    const client = connect({ tokenSource: async () => issuer.token({ kind: 'service' }) });
    await client.getEcho(nobody, { text: '' });
    await expect(client.getEcho(callers.owner, { text: '' })).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('mutual TLS', () => {
  const file = (name: string) => readFileSync(new URL(`./fixtures/tls/${name}`, import.meta.url));
  const tls = { ca: file('ca.crt'), cert: file('service.crt'), key: file('service.key') };
  const strangerTls = { ca: file('ca.crt'), cert: file('stranger.crt'), key: file('stranger.key') };

  it('lets services with certificates of one authority talk, and nobody else', async () => {
    const echo = await start({}, { tls });
    const connect = (files?: typeof tls) =>
      echo.connect({ address: echo.address.replace('127.0.0.1', 'localhost'), tls: files });
    expect(await connect(tls).getEcho(nobody, { text: 'sealed' })).toEqual({ text: 'sealed' });
    for (const other of [connect(strangerTls), connect()]) {
      const call = other.getEcho(nobody, { text: '' }, { deadlineMs: 1_000 });
      await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
    }
  });
});

describe('bounded work', () => {
  it('refuses what is too much at once, and takes work again when there is room', async () => {
    const room = gate();
    let entered = 0;
    const { client } = await start(
      {
        getEcho: {
          access: 'public',
          async handle(_context, request) {
            entered += 1;
            await room.opened;
            return request;
          },
        },
      },
      { inFlightMax: 2 },
    );
    const accepted = [client.getEcho(nobody, { text: '1' }), client.getEcho(nobody, { text: '2' })];
    await eventually(() => expect(entered).toBe(2));
    await expect(client.getEcho(nobody, { text: '3' })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'overloaded',
    });
    await client.ping();
    room.open();
    await Promise.all(accepted);
    expect(await client.getEcho(nobody, { text: '4' })).toEqual({ text: '4' });
  });
});

describe('health and stopping', () => {
  it('answers the health protocol', async () => {
    const { client, server } = await start();
    await client.ping();
    server.setServing(false);
    await expect(client.ping()).rejects.toMatchObject({ kind: 'unavailable', code: 'not_serving' });
    server.setServing(true);
    await client.ping();
  });

  it('fails the ping of a peer that is not there', async () => {
    const { connect } = await start();
    await expect(connect({ address: '127.0.0.1:1' }).ping()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('lets calls in flight end before it stops', async () => {
    const entered = gate();
    const go = gate();
    const { client, server } = await start({
      getEcho: {
        access: 'public',
        async handle(_context, request) {
          entered.open();
          await go.opened;
          return request;
        },
      },
    });
    const call = client.getEcho(nobody, { text: 'in flight' });
    await entered.opened;
    const stopping = server.stop();
    go.open();
    expect(await call).toEqual({ text: 'in flight' });
    await stopping;
  });

  it('cuts a call that does not end', async () => {
    const entered = gate();
    const { client, server } = await start(
      {
        getEcho: {
          access: 'public',
          handle: () => {
            entered.open();
            return new Promise<EchoMessage>(() => undefined);
          },
        },
      },
      { drainTimeoutMs: 100 },
    );
    const call = client.getEcho(nobody, { text: '' });
    call.catch(() => undefined);
    await entered.opened;
    await server.stop();
    await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('loses no call when a server is replaced under load', async () => {
    const first = await start();
    const port = Number(first.address.split(':')[1]);
    const client = first.connect({ retry: true });
    let isDone = false;
    let answered = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (!isDone) {
        await client.getEcho(nobody, { text: 'x' }, { deadlineMs: 5_000 });
        answered += 1;
      }
    });
    await eventually(() => expect(answered).toBeGreaterThan(100));
    await first.server.stop();
    await start({}, { port });
    const before = answered;
    await eventually(() => expect(answered).toBeGreaterThan(before + 100));
    isDone = true;
    await Promise.all(load);
  });
});
