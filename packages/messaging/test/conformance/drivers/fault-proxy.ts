import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy between a bus and its server that fails on demand. */
export interface FaultProxy {
  /** The server's URL by way of this proxy. */
  url(original: string): string;
  /** Resets what is open and refuses new connections, like a server that is gone. */
  refuse(): Promise<void>;
  /** Keeps everything open and moves no byte, like a server that froze. */
  hang(): void;
  /** Resets what is open at this moment. */
  cut(): void;
  /** Works again. What a frozen server was sent reaches it now, unless the sender has gone. */
  resume(): Promise<void>;
  /** Sends bytes to the server in the name of each open connection. */
  inject(bytes: Buffer): void;
  close(): Promise<void>;
}

/** One connection: the bus's side and the server's. They die together, but not while the proxy hangs. */
interface Pair {
  readonly bus: Socket;
  readonly server: Socket;
}

export async function startFaultProxy(serverUrl: string): Promise<FaultProxy> {
  const target = new URL(serverUrl);
  const pairs = new Set<Pair>();
  let isHanging = false;
  let listener: Server | undefined;

  function accept(bus: Socket): void {
    const server = connect(Number(target.port), target.hostname);
    const pair = { bus, server };
    pairs.add(pair);
    for (const socket of [bus, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!isHanging) drop(pair);
      });
    }
    if (!isHanging) join(pair);
  }

  function join(pair: Pair): void {
    if (pair.bus.destroyed || pair.server.destroyed) {
      drop(pair);
      return;
    }
    pair.bus.pipe(pair.server);
    pair.server.pipe(pair.bus);
  }

  function drop(pair: Pair): void {
    pairs.delete(pair);
    pair.bus.resetAndDestroy();
    pair.server.destroy();
  }

  async function listen(port: number): Promise<number> {
    listener = createServer(accept).listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  }

  async function refuse(): Promise<void> {
    const closed = listener && once(listener, 'close');
    listener?.close();
    listener = undefined;
    for (const pair of pairs) drop(pair);
    await closed;
  }

  const port = await listen(0);
  return {
    url(original) {
      const url = new URL(original);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    refuse,
    hang() {
      isHanging = true;
      for (const { bus, server } of pairs) {
        bus.unpipe().pause();
        server.unpipe().pause();
      }
    },
    cut() {
      for (const pair of pairs) drop(pair);
    },
    async resume() {
      if (isHanging) {
        isHanging = false;
        for (const pair of pairs) join(pair);
      }
      if (listener === undefined) await listen(port);
    },
    inject(bytes) {
      for (const { server } of pairs) server.write(bytes);
    },
    close: refuse,
  };
}
