import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, newTenant } from '@outlay/testkit';
import { callerWith, gate, issuer, nobody, start, stopAll } from './support/echo.ts';
import type { EchoMessage } from './support/echo-service.ts';

afterEach(stopAll);

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

describe("a tenant's share", () => {
  /** Calls with one text wait until it is let go; the others are answered at once. */
  async function startShared(heavy: string) {
    const gates = new Map<string, ReturnType<typeof gate>>();
    const entered: string[] = [];
    const { client } = await start(
      {
        getEcho: {
          access: 'tenant',
          async handle(_context, request) {
            entered.push(request.text);
            await gates.get(request.text)?.opened;
            return request;
          },
        },
      },
      {
        inFlightMax: 12,
        tenantShare: {
          ...{ total: 4, heavyAtOnce: 2 },
          heavy: { getEcho: (request: EchoMessage) => request.text === heavy },
        },
      },
    );
    const tenant = () => callerWith(issuer.token({ tenantId: newTenant().tenantId, role: 'member' }));
    const hold = (text: string) => {
      const held = gate();
      gates.set(text, held);
      return held.open;
    };
    return { client, entered, hold, noisy: tenant(), quiet: tenant() };
  }

  it('leaves the rest to the others, and what is beyond it waits in order', async () => {
    const { client, entered, hold, noisy, quiet } = await startShared('none');
    const letGo = hold('flood');
    const flood = Array.from({ length: 5 }, () => client.getEcho(noisy, { text: 'flood' }));
    await eventually(() => expect(entered).toEqual(['flood', 'flood', 'flood']));

    for (let count = 0; count < 10; count++) await client.getEcho(quiet, { text: 'quiet' });

    expect(entered.filter((text) => text === 'flood')).toHaveLength(3);
    letGo();
    await Promise.all(flood);
    expect(entered.filter((text) => text === 'flood')).toHaveLength(5);
  });

  it('is less while others have something under way, and the whole again after that', async () => {
    const { client, entered, hold, noisy, quiet } = await startShared('none');
    const letQuietGo = hold('quiet');
    const kept = client.getEcho(quiet, { text: 'quiet' });
    await eventually(() => expect(entered).toEqual(['quiet']));
    const letGo = hold('flood');
    const flood = Array.from({ length: 4 }, () => client.getEcho(noisy, { text: 'flood' }));
    await eventually(() => expect(entered).toEqual(['quiet', 'flood']));

    await client.getEcho(callerWith(issuer.token({ tenantId: newTenant().tenantId, role: 'member' })), {
      text: 'third',
    });

    expect(entered).toEqual(['quiet', 'flood', 'third']);
    letQuietGo();
    await kept;
    letGo();
    await Promise.all(flood);
    expect(entered.filter((text) => text === 'flood')).toHaveLength(4);
  });

  it('leaves room beside what is heavy for the rest of the same tenant', async () => {
    const { client, entered, hold, noisy } = await startShared('heavy');
    const letGo = hold('heavy');
    const flood = Array.from({ length: 4 }, () => client.getEcho(noisy, { text: 'heavy' }));
    await eventually(() => expect(entered).toEqual(['heavy', 'heavy']));

    await client.getEcho(noisy, { text: 'light' });

    expect(entered).toEqual(['heavy', 'heavy', 'light']);
    letGo();
    await Promise.all(flood);
  });

  it('is refused what has waited too long, or finds too many waiting, and nothing of it is done', async () => {
    const { client, entered, hold, noisy, quiet } = await startShared('none');
    const letGo = hold('flood');
    const working = Array.from({ length: 3 }, () => client.getEcho(noisy, { text: 'flood' }));
    await eventually(() => expect(entered).toHaveLength(3));

    const beyond = await Promise.allSettled(Array.from({ length: 8 }, () => client.getEcho(noisy, { text: 'more' })));

    expect(beyond.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(Array(8).fill('overloaded'));
    await client.getEcho(quiet, { text: 'quiet' });
    letGo();
    await Promise.all(working);
    await client.getEcho(noisy, { text: 'again' });
    expect(entered).toEqual(['flood', 'flood', 'flood', 'quiet', 'again']);
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
