import { createTestIssuer } from '@outlay/testkit';
import {
  anonymousContext,
  type CallerContext,
  createGrpcClient,
  createGrpcServer,
  createSilentLogger,
  createTokenVerifier,
  defineService,
  type GrpcClient,
  type GrpcClientOptions,
  type GrpcServer,
  type GrpcServerOptions,
  type ServiceHandlers,
} from '../../src/index.ts';
import { type EchoMessage, EchoService } from './echo-service.ts';

export const issuer = createTestIssuer();
export type EchoHandlers = ServiceHandlers<typeof EchoService>;

const logger = createSilentLogger();

/** Handlers that answer what they were asked, open to everyone; a test replaces those it is about. */
export const echoHandlers: EchoHandlers = {
  getEcho: { access: 'public', handle: async (_context, request) => request },
  sendEcho: { access: 'public', handle: async (_context, request) => request },
  listEchoes: {
    access: 'public',
    async *handle(_context, request) {
      for (let count = 1; count <= (request.count ?? 0); count++) yield { text: request.text, count };
    },
  },
  collectEchoes: {
    access: 'public',
    async handle(_context, requests) {
      const texts: string[] = [];
      for await (const { text } of requests) texts.push(text);
      return { text: texts.join(','), count: texts.length };
    },
  },
  exchangeEchoes: {
    access: 'public',
    async *handle(_context, requests) {
      for await (const request of requests) yield { text: request.text.toUpperCase() };
    },
  },
};

export interface Echo {
  client: GrpcClient<typeof EchoService>;
  server: GrpcServer;
  address: string;
  connect(options?: Partial<GrpcClientOptions>): GrpcClient<typeof EchoService>;
  stop(): Promise<void>;
}

/** A server with the given handlers and a client to it, over a real connection. */
async function startEcho(
  handlers: Partial<EchoHandlers> = {},
  options: Partial<GrpcServerOptions> & { client?: Partial<GrpcClientOptions> } = {},
): Promise<Echo> {
  const { client: clientOptions, ...serverOptions } = options;
  const server = createGrpcServer({
    host: '127.0.0.1',
    port: 0,
    services: [defineService(EchoService, { ...echoHandlers, ...handlers })],
    verifier: createTokenVerifier(issuer.verifierOptions),
    logger,
    drainTimeoutMs: 2_000,
    ...serverOptions,
  });
  const address = `127.0.0.1:${await server.start()}`;
  const clients: GrpcClient<typeof EchoService>[] = [];
  const connect = (more?: Partial<GrpcClientOptions>) => {
    const client = createGrpcClient(EchoService, { address, logger, ...more });
    clients.push(client);
    return client;
  };
  return {
    client: connect(clientOptions),
    server,
    address,
    connect,
    async stop() {
      for (const client of clients) client.close();
      await server.stop();
    },
  };
}

/** A caller without a token. */
export const nobody: CallerContext = anonymousContext('request-1');

/** A caller with a token of the test's issuer. */
export function callerWith(token: string, more: Partial<CallerContext> = {}): CallerContext {
  return { ...nobody, token, ...more };
}

/** Reads a stream to its end. */
export async function readAll(stream: AsyncIterable<EchoMessage>): Promise<EchoMessage[]> {
  const messages: EchoMessage[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

const stops: (() => Promise<void>)[] = [];

/** Starts a server and a client that end with the test. */
export async function start(...args: Parameters<typeof startEcho>): Promise<Echo> {
  const echo = await startEcho(...args);
  stopLater(echo.stop);
  return echo;
}

/** Has something else end with the test. */
export function stopLater(stop: () => Promise<void>): void {
  stops.push(stop);
}

/** To be called after each test. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** A promise and how to settle it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A stream of requests. */
export async function* messages(...texts: string[]): AsyncGenerator<EchoMessage> {
  for (const text of texts) yield { text };
}
