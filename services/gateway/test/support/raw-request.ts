import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import type { TestGateway } from './start-gateway.ts';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json(): { code: string; errors?: { field: string; code: string; message: string }[]; [key: string]: unknown };
}

/** A request with exactly these headers and bytes: fetch would correct some of them. */
export function rawRequest(
  gateway: TestGateway,
  options: {
    method?: string;
    path: string;
    headers?: Record<string, string | string[]>;
    body?: string | Buffer;
    token?: string | false;
  },
): Promise<RawAnswer> {
  const { method = 'GET', path, headers = {}, body, token = gateway.token() } = options;
  const authorization = token === false ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: gateway.port, method, path, headers: { ...authorization, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: () => JSON.parse(text),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Bytes on the wire, and what comes back until the other side closes. */
export function rawBytes(gateway: TestGateway, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
    });
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}
