import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { gate, nobody, start, stopAll } from './support/echo.ts';
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
