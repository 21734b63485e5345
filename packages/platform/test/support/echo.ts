import { createTestIssuer } from '@outlay/testkit';
import {
  type AccessRule,
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
  type RequestOf,
  type ResponseOf,
  type RpcDefinition,
  type TenantContext,
} from '../../src/index.ts';
import { type EchoMessage, EchoService } from './echo-service.ts';

export const issuer = createTestIssuer();

type Given<M extends RpcDefinition> = M['requestStream'] extends true ? AsyncIterable<RequestOf<M>> : RequestOf<M>;
type Answered<M extends RpcDefinition> = M['responseStream'] extends true
  ? AsyncIterable<ResponseOf<M>>
  : Promise<ResponseOf<M>>;

/** Each RPC with its rule beside it, as a test likes to say both at once. */
export type EchoHandlers = {
  [R in keyof typeof EchoService]: {
    access: AccessRule['caller'];
    handle: (context: TenantContext, request: Given<(typeof EchoService)[R]>) => Answered<(typeof EchoService)[R]>;
  } & Omit<AccessRule, 'caller'>;
};

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
    services: [bindEchoes({ ...echoHandlers, ...handlers })],
    verifier: createTokenVerifier(issuer.verifierOptions),
    logger,
    drainTimeoutMs: 2_000,
    ...serverOptions,
  });
  const address = `127.0.0.1:${await server.start()}`;
  const clients: GrpcClient<typeof EchoService>[] = [];
  const connect = (more?: Partial<GrpcClientOptions>) => {
    // Longer than production waits: what a test is not about must not end it on a busy machine.
    const client = createGrpcClient(EchoService, { address, logger, deadlineMs: 20_000, ...more });
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

function bindEchoes(handlers: EchoHandlers) {
  const entries = Object.entries(handlers);
  const rules = entries.map(([name, { access: caller, handle: _handle, ...rule }]) => [name, { caller, ...rule }]);
  const handles = entries.map(([name, { handle }]) => [name, handle]);
  return defineService(EchoService, Object.fromEntries(rules), Object.fromEntries(handles));
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
