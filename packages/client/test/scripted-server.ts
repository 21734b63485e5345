import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface ScriptedServer {
  url: string;
  received: Received[];
  [Symbol.asyncDispose](): Promise<void>;
}

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown } | 'hang up';

/** A real HTTP server that answers as it is told, and remembers what it was asked. */
export async function startScriptedServer(
  answer: (request: Received, server: ScriptedServer) => Answer | Promise<Answer>,
): Promise<ScriptedServer> {
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const received = { method, url, headers, body: Buffer.concat(chunks).toString('latin1') };
    server.received.push(received);
    write(response, await answer(received, server));
  });
  const server: ScriptedServer = {
    url: '',
    received: [],
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return server;
}

function write(response: ServerResponse, answer: Answer): void {
  if (answer === 'hang up') {
    response.destroy();
    return;
  }
  const { status = 200, headers = {}, body } = answer;
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(body === undefined || isText ? body : JSON.stringify(body));
}

/** A problem document as the gateway writes it. */
export function problem(status: number, code: string, more: { headers?: Record<string, string>; body?: object } = {}) {
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json; charset=utf-8', ...more.headers },
    body: {
      type: `urn:outlay:problem:${code}`,
      title: code,
      status,
      code,
      detail: `It was ${code}`,
      trace_id: 'abc',
      ...more.body,
    },
  };
}
