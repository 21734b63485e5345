import { Agent, request as httpRequest } from 'node:http';

/** A request as it goes over the wire; the path is beneath the host and holds the query. */
export interface WireRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Sender {
  send: (request: WireRequest) => Promise<WireAnswer>;
  close: () => void;
}

/** Sends what fetch would refuse or tidy up: any path, any host, bytes above ASCII in headers, a body with any method. */
export function createSender(gatewayUrl: string): Sender {
  const { hostname, port } = new URL(gatewayUrl);
  if (hostname !== '127.0.0.1') throw new Error(`The fuzz run is for a platform on this machine, not for ${hostname}`);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    close: () => agent.destroy(),
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(body.length) };
        const outgoing = httpRequest(
          { agent, hostname, port, method, path, headers: { ...headers, ...length }, timeout: 60_000 },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
            incoming.on('error', reject);
            incoming.on('end', () =>
              resolve({
                status: incoming.statusCode ?? 0,
                headers: incoming.headers,
                text: Buffer.concat(chunks).toString(),
              }),
            );
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new Error('No answer within a minute')));
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
  };
}
