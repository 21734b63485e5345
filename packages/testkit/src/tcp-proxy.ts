import { connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy on 127.0.0.1 and the ways in which it can fail. */
export type TcpProxy = {
  host: string;
  port: number;
  /** The target's URL with the proxy's address in place of its own. */
  url: (original: string) => string;
  /** Connections that are open through the proxy now. */
  openConnections: () => number;
  /** Resets what is open and refuses new connections, like a process that is gone. */
  refuse: () => Promise<void>;
  /** Keeps connections open, accepts new ones and moves no more bytes, like a host that froze or a cable that was pulled. */
  hang: () => void;
  /** Resets what is open at this moment; new connections pass. */
  cut: () => void;
  /** Back to normal. Bytes that were held by `hang` are delivered. */
  resume: () => Promise<void>;
  close: () => Promise<void>;
};

type Pair = { client: Socket; target: Socket };

/** A TCP proxy in front of `target` (a URL, or host and port) that can be told to fail in the ways networks and servers fail. */
export async function createTcpProxy(target: string | { host: string; port: number }): Promise<TcpProxy> {
  const { host, port: targetPort } = typeof target === 'string' ? addressOf(target) : target;
  const pairs = new Set<Pair>();
  let hanging = false;
  let server: Server | undefined;

  const end = (pair: Pair) => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.target.destroy();
  };
  const accept = (client: Socket) => {
    const pair: Pair = { client, target: connect(targetPort, host) };
    pairs.add(pair);
    for (const [from, to] of [
      [pair.client, pair.target],
      [pair.target, pair.client],
    ] as const) {
      from.setNoDelay(true);
      // 'close' follows, and does what is to be done.
      from.on('error', () => {});
      from.on('close', () => {
        // While the proxy hangs, neither side may learn that the other has gone.
        if (!hanging) end(pair);
      });
      if (!hanging) from.pipe(to);
    }
  };
  const listen = async (wanted: number): Promise<number> => {
    server = createServer({ allowHalfOpen: true }, accept);
    const listening = server;
    await new Promise<void>((resolve, reject) => {
      listening.once('error', reject);
      listening.listen(wanted, '127.0.0.1', resolve);
    });
    return (listening.address() as { port: number }).port;
  };
  const unlisten = async () => {
    const listening = server;
    server = undefined;
    if (listening !== undefined)
      await new Promise<void>((resolve) => listening.close(() => resolve()).on('close', resolve));
  };
  const cut = () => {
    for (const pair of pairs) {
      pair.client.resetAndDestroy();
      pair.target.destroy();
    }
    pairs.clear();
  };

  const port = await listen(0);
  return {
    host: '127.0.0.1',
    port,
    url: (original) => {
      const url = new URL(original);
      url.hostname = '127.0.0.1';
      url.port = String(port);
      return url.href;
    },
    openConnections: () => pairs.size,
    refuse: async () => {
      const closed = unlisten();
      cut();
      await closed;
    },
    hang: () => {
      hanging = true;
      for (const pair of pairs) {
        pair.client.unpipe();
        pair.target.unpipe();
        pair.client.pause();
        pair.target.pause();
      }
    },
    cut,
    resume: async () => {
      if (hanging) {
        hanging = false;
        for (const pair of pairs) {
          if (pair.client.destroyed || pair.target.destroyed) end(pair);
          else {
            pair.client.pipe(pair.target);
            pair.target.pipe(pair.client);
          }
        }
      }
      if (server === undefined) await listen(port);
    },
    close: async () => {
      const closed = unlisten();
      cut();
      await closed;
    },
  };
}

function addressOf(target: string): { host: string; port: number } {
  const url = new URL(target);
  const usual: Record<string, number> = {
    'postgres:': 5432,
    'postgresql:': 5432,
    'amqp:': 5672,
    'redis:': 6379,
    'http:': 80,
  };
  return { host: url.hostname || '127.0.0.1', port: Number(url.port) || (usual[url.protocol] ?? 0) };
}
