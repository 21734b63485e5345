import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { load } from './load.ts';

/** Requests a second that Node's own HTTP answers with some bytes, without and with one gRPC call for them in between. */
export interface Bare {
  http: number;
  httpOverGrpc: number;
}

/**
 * What the way of a request costs when nothing is done on it: HTTP servers that answer as many bytes as the operation
 * does, and such as ask a gRPC server in another process for them, as many of each as there are gateways. No gateway of this
 * kind is faster than that.
 */
export async function measureBare(
  size: number,
  { pairs, ...options }: { pairs: number; connections: number; seconds: number },
): Promise<Bare> {
  const started: ChildProcess[] = [];
  const start = async (...args: string[]): Promise<number> => {
    const child = fork(join(import.meta.dirname, 'bare-server.ts'), args, { stdio: 'inherit' });
    started.push(child);
    const [port] = await once(child, 'message');
    return Number(port);
  };
  const measure = async (ports: number[]): Promise<number> => {
    const urls = ports.map((port) => `http://127.0.0.1:${port}/`);
    const { requestsPerSecond } = await load({ name: 'bare', method: 'GET', urls, headers: {} }, options);
    return requestsPerSecond;
  };
  const each = Array.from({ length: pairs });
  try {
    const http = await measure(await Promise.all(each.map(() => start('http', String(size)))));
    const servers = await Promise.all(each.map(() => start('grpc', String(size))));
    const askers = servers.map((port) => start('http', String(size), `127.0.0.1:${port}`));
    const httpOverGrpc = await measure(await Promise.all(askers));
    return { http, httpOverGrpc };
  } finally {
    for (const child of started) child.kill();
  }
}
