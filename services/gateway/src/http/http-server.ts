import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { bindServer, pause } from '@outlay/platform';
import { answerBrokenRequest } from './broken-request.ts';

export interface HttpServer {
  /** Binds; answers the port. */
  start(): Promise<number>;
  /** Tells each client that waits for an answer not to send its next request here. */
  announceClose(): void;
  /**
   * Takes no more connections, lets what is in flight end, and cuts what is left after `drainTimeoutMs`. On connections that
   * are there one more request is answered, whose client is told to close: only who sends none for a while is closed.
   */
  stop(): Promise<void>;
}

/** Longer than a connection or a request is on its way. */
const graceMs = 1_000;
/** So long without a new connection, and nobody waits to be taken in. */
const quietMs = 20;

/** The public HTTP server, with bounds on what a slow or broken client can hold. */
export function createHttpServer(options: {
  host: string;
  port: number;
  listener: RequestListener;
  drainTimeoutMs: number;
  connectionsMax: number;
  /** For all headers of a request to arrive. */
  headersTimeoutMs?: number;
}): HttpServer {
  const { host, port, listener, drainTimeoutMs, connectionsMax, headersTimeoutMs = 10_000 } = options;
  const open = new Set<ServerResponse>();
  let taken = 0;
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    // How often the two are looked at; Node's half a minute would add to each.
    connectionsCheckingInterval: Math.ceil(headersTimeoutMs / 5),
    // The longest upload; each route has its own deadline besides.
    requestTimeout: 130_000,
    // Longer than the idle time-outs of proxies in front, so that it is they who close.
    keepAliveTimeout: 75_000,
    maxHeaderSize: 16 * 1024,
    // Refused further on, with a problem document like everything else.
    requireHostHeader: false,
  });
  // Beyond a number Node leaves headers out without a word; too many are refused by checkRequest.
  server.maxHeadersCount = 0;
  server.maxConnections = connectionsMax;
  server.on('connection', () => {
    taken += 1;
  });
  server.on('request', handle).on('checkExpectation', handle);
  server.on('clientError', refuseBrokenRequest);

  function handle(request: IncomingMessage, response: ServerResponse): void {
    open.add(response);
    response.once('close', () => open.delete(response));
    listener(request, response);
  }

  /** Requests before the broken one get their answers first, or the client would take its answer for one of theirs. */
  function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
    const earlier = [...open].filter(({ req }) => req.socket === socket).at(-1);
    if (earlier?.req.complete) earlier.once('close', () => answerBrokenRequest(error, socket));
    else answerBrokenRequest(error, socket);
  }

  /** Closing resets those that have connected and were not taken in yet: they are, where they do not come without end. */
  async function untilNobodyComes(): Promise<void> {
    const until = Date.now() + graceMs;
    for (let before = -1; taken !== before && Date.now() < until; ) {
      before = taken;
      await pause(quietMs);
    }
  }

  return {
    start: () => bindServer(server, host, port),
    announceClose() {
      for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
    },
    async stop() {
      if (!server.listening) return;
      await untilNobodyComes();
      // Not the close of HTTP servers, which ends idle connections at once: the next request may be on its way there.
      const closed = new Promise<void>((resolve) => {
        Server.prototype.close.call(server, () => resolve());
      });
      const idleUntil = Date.now() + Math.min(graceMs, drainTimeoutMs / 2);
      const sweep = setInterval(() => {
        if (Date.now() >= idleUntil) server.closeIdleConnections();
      }, 50);
      const timer = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(timer);
    },
  };
}
