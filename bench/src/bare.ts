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
 * What the way of a request costs when nothing is done on it: an HTTP server that answers as many bytes as the operation
 * does, and one that asks a gRPC server in another process for them. No gateway of this kind is faster than that.
 */
export async function measureBare(size: number, options: { connections: number; seconds: number }): Promise<Bare> {
  const started: ChildProcess[] = [];
  const start = async (...args: string[]): Promise<number> => {
    const child = fork(join(import.meta.dirname, 'bare-server.ts'), args, { stdio: 'inherit' });
    started.push(child);
    const [port] = await once(child, 'message');
    return Number(port);
  };
  const measure = async (port: number): Promise<number> => {
    const urls = [`http://127.0.0.1:${port}/`];
    const { requestsPerSecond } = await load({ name: 'bare', method: 'GET', urls, headers: {} }, options);
    return requestsPerSecond;
  };
  try {
    const grpc = await start('grpc', String(size));
    const http = await measure(await start('http', String(size)));
    const httpOverGrpc = await measure(await start('http', String(size), `127.0.0.1:${grpc}`));
    return { http, httpOverGrpc };
  } finally {
    for (const child of started) child.kill();
  }
}
