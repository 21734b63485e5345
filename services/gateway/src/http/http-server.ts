import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { bindServer, newId } from '@outlay/platform';

export interface HttpServer {
  /** Binds; answers the port. */
  start(): Promise<number>;
  /** Takes no more connections, lets what is in flight end, and cuts what is left after `drainTimeoutMs`. */
  stop(): Promise<void>;
}

/** The public HTTP server, with bounds on what a slow or broken client can hold. */
export function createHttpServer(options: {
  host: string;
  port: number;
  listener: RequestListener;
  drainTimeoutMs: number;
}): HttpServer {
  const { host, port, listener, drainTimeoutMs } = options;
  const server = createServer(
    {
      headersTimeout: 10_000,
      // The longest upload; each route has its own deadline besides.
      requestTimeout: 130_000,
      // Longer than the idle time-outs of proxies in front, so that it is they who close.
      keepAliveTimeout: 75_000,
      maxHeaderSize: 16 * 1024,
    },
    listener,
  );
  server.on('clientError', refuseBrokenRequest);

  return {
    start: () => bindServer(server, host, port),
    async stop() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Connections that were busy become idle one by one.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      const timer = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
      await closed;
      clearInterval(sweep);
      clearTimeout(timer);
    },
  };
}

/** What Node cannot parse never reaches a handler; it gets its problem document from here. */
function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', () => undefined);
  // A client that does not close in its turn must not hold the socket; one that is still sending gets to read first.
  socket.once('finish', () => setTimeout(() => socket.destroy(), 100).unref());
  const [status, title] = brokenRequests[error.code ?? ''] ?? [400, 'Bad Request'];
  const body = JSON.stringify({
    type: 'urn:outlay:problem:request_malformed',
    title: 'The request cannot be read',
    status,
    code: status === 408 ? 'request_timeout' : 'request_malformed',
    detail: title,
    trace_id: newId(),
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const brokenRequests: Readonly<Record<string, [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};
