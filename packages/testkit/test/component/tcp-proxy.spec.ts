import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually, type TcpProxy } from '../../src/index.ts';

describe('createTcpProxy', () => {
  let proxy: TcpProxy;
  let stopEcho: () => void;

  beforeEach(async () => {
    const echo = await startEcho();
    stopEcho = echo.stop;
    proxy = await createTcpProxy({ host: '127.0.0.1', port: echo.port });
  });
  afterEach(async () => {
    await proxy.close();
    stopEcho();
  });

  it('passes bytes in both directions', async () => {
    const client = await open(proxy.port);

    client.write('hello');

    await eventually(() => expect(client.received()).toBe('hello'));
    client.destroy();
  });

  it('refuses and resets, and passes again after resume', async () => {
    const before = await open(proxy.port);

    await proxy.refuse();

    await eventually(() => expect(before.ended()).toBe(true));
    await expect(open(proxy.port)).rejects.toThrow(/ECONNREFUSED/);
    await proxy.resume();
    const after = await open(proxy.port);
    after.write('again');
    await eventually(() => expect(after.received()).toBe('again'));
    after.destroy();
  });

  it('holds bytes while it hangs, on old connections and new ones, and delivers them after resume', async () => {
    const old = await open(proxy.port);

    proxy.hang();
    old.write('held');
    const fresh = await open(proxy.port);
    fresh.write('too');
    await delay(100);

    expect([old.received(), fresh.received(), old.ended(), fresh.ended()]).toEqual(['', '', false, false]);
    await proxy.resume();
    await eventually(() => expect([old.received(), fresh.received()]).toEqual(['held', 'too']));
    old.destroy();
    fresh.destroy();
  });

  it('tells nobody of an end that happens while it hangs, until it resumes', async () => {
    const gone = await open(proxy.port);
    gone.write('x');
    await eventually(() => expect(gone.received()).toBe('x'));

    proxy.hang();
    gone.destroy();
    await delay(100);

    expect(proxy.openConnections()).toBe(1);
    await proxy.resume();
    await eventually(() => expect(proxy.openConnections()).toBe(0));
  });

  it('cuts what is open and lets new connections pass', async () => {
    const before = await open(proxy.port);

    proxy.cut();

    await eventually(() => expect(before.ended()).toBe(true));
    const after = await open(proxy.port);
    after.write('new');
    await eventually(() => expect(after.received()).toBe('new'));
    after.destroy();
    await eventually(() => expect(proxy.openConnections()).toBe(0));
  });
});

async function startEcho(): Promise<{ port: number; stop: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, stop };
}

async function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let ended = false;
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('close', () => {
    ended = true;
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => {});
  return Object.assign(socket, { received: () => text, ended: () => ended });
}
