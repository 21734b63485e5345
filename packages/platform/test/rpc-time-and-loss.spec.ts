import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createTcpProxy, eventually } from '@outlay/testkit';
import {
  currentCallScope,
  DomainError,
  metrics,
  notFound,
  remainingMs,
  runInCallScope,
  unavailable,
} from '../src/index.ts';
import { gate, nobody, start, stopAll, stopLater } from './support/echo.ts';
import type { EchoMessage } from './support/echo-service.ts';

afterEach(async () => {
  jest.restoreAllMocks();
  await stopAll();
});

/** A call that nothing else ends would outlive its test, which then fails. */
const longerThanATest = { deadlineMs: 60_000 };

describe('time', () => {
  const hang = { access: 'public' as const, handle: () => new Promise<EchoMessage>(() => undefined) };

  it('is up for the caller of a handler that hangs', async () => {
    const { client } = await start({ sendEcho: hang }, { client: longerThanATest });
    await client.getEcho(nobody, { text: '' });
    const call = client.sendEcho(nobody, { text: '' }, { deadlineMs: 300 });
    await expect(call).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    // The server has done with the call as well, however long the handler takes.
    await eventually(async () =>
      expect(await metrics.metrics()).toMatch(
        /outlay_grpc_server_duration_seconds_count\{method="test.v1.Echo\/SendEcho",kind="deadline_exceeded"\} [1-9]/,
      ),
    );
  });

  it('is shared with the calls a handler makes', async () => {
    const timeLeft = {
      access: 'public' as const,
      handle: async () => ({ text: '', count: Math.ceil(remainingMs() ?? Number.POSITIVE_INFINITY) }),
    };
    const inner = await start({ getEcho: timeLeft });
    const outer = await start({
      getEcho: {
        access: 'public',
        handle: (context, request) => inner.client.getEcho(context, request, { deadlineMs: 600_000 }),
      },
    });
    const { count } = await outer.client.getEcho(nobody, { text: '' }, { deadlineMs: 30_000 });
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(30_000);
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
  const soon = { deadlineMs: 2_000 };

  async function startBehindProxy(handlers?: Parameters<typeof start>[0]) {
    const echo = await start(handlers);
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: Number(echo.address.split(':')[1]) });
    stopLater(proxy.close);
    return { proxy, client: echo.connect({ address: `127.0.0.1:${proxy.port}`, ...longerThanATest }) };
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
    await eventually(() => client.getEcho(nobody, { text: '' }, soon));
  });

  it('to a peer that is gone is unavailable, however long the call may take, and whole again when it is back', async () => {
    const { proxy, client } = await startBehindProxy();
    await client.getEcho(nobody, { text: '' });
    await proxy.refuse();
    await eventually(() => expect(client.getEcho(nobody, { text: '' })).rejects.toMatchObject({ kind: 'unavailable' }));
    await proxy.resume();
    await eventually(() => client.getEcho(nobody, { text: '' }, soon));
  });

  it('to a peer that hangs ends with the deadline', async () => {
    const { proxy, client } = await startBehindProxy();
    await client.getEcho(nobody, { text: '' });
    proxy.hang();
    await expect(client.getEcho(nobody, { text: '' }, { deadlineMs: 150 })).rejects.toMatchObject({
      kind: 'deadline_exceeded',
    });
    await proxy.resume();
    await eventually(() => client.getEcho(nobody, { text: '' }, soon));
  });

  it('to a peer that hangs is given up long before the deadline of a long call', async () => {
    const { proxy, client } = await startBehindProxy();
    await client.getEcho(nobody, { text: '' });
    proxy.hang();
    await expect(client.getEcho(nobody, { text: '' }, { deadlineMs: 12_000 })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await proxy.resume();
    await eventually(() => client.getEcho(nobody, { text: '' }, soon));
  });

  it('to one peer of two that hangs leaves reads to the other', async () => {
    let answered = 0;
    const { proxy } = await startBehindProxy({
      getEcho: {
        access: 'public',
        async handle(_context, request) {
          answered += 1;
          return request;
        },
      },
    });
    const other = await start();
    const client = other.connect({ address: `ipv4:127.0.0.1:${proxy.port},${other.address}`, retry: true });
    const read = () => client.getEcho(nobody, { text: '' }, { deadlineMs: 12_000 });
    await eventually(async () => {
      await read();
      expect(answered).toBeGreaterThan(0);
    });
    proxy.hang();
    expect(await Promise.all(Array.from({ length: 8 }, read))).toHaveLength(8);
    await proxy.resume();
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

  it('ends with the last answer where the deadline would come before the next', async () => {
    const { state, handler } = flaky(1_000, down);
    const { client } = await start({ getEcho: handler }, { client: { retry: true } });
    // Waits the longest it may: 75, 225 and 675 ms, of which the third is too long.
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const call = client.getEcho(nobody, { text: '' }, { deadlineMs: 900 });
    await expect(call).rejects.toMatchObject({ kind: 'unavailable' });
    expect(state.calls).toBe(3);
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
