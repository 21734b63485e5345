import type { IncomingMessage, ServerResponse } from 'node:http';
import { context } from '@opentelemetry/api';
import { Histogram, type Logger, metrics, newId, runInCallScope, runInTrace } from '@outlay/platform';
import type { RequestHandler } from 'express';
import type { Exchange } from './exchange.ts';

const durations = new Histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Time from the head of a request to the end of its answer',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
});

const idPattern = /^[A-Za-z0-9._:-]{8,128}$/;

/** The first thing a request meets: its trace, its ids, its deadline, the scope its log lines are found by, its access log. */
export function createEdge(options: { logger: Logger; deadlineMs: number; isStopping: () => boolean }): RequestHandler {
  const { deadlineMs, isStopping } = options;
  // The line's fields are the ones below and none is a secret; looking for secrets in it was a tenth of the CPU time.
  const logger = options.logger.child({}, { redact: [] });
  return (request, response, next) =>
    runInTrace(request, headerOf, () => {
      const exchange = openExchange(request, deadlineMs);
      request.exchange = exchange;
      const { requestId, correlationId, deadlineAt } = exchange;
      response.setHeader('X-Request-Id', requestId);
      response.setHeader('X-Correlation-Id', correlationId);
      if (isStopping()) response.setHeader('Connection', 'close');
      const { socket } = request;
      const bytesBefore = socket.bytesWritten;
      // Log, places, telemetry and a streamed body's pipeline all listen to its end; more than these would be a leak.
      response.setMaxListeners(20);
      // The end of an answer belongs to the connection, which knows of no trace.
      const record = context.bind(context.active(), () => {
        recordAccess(logger, request, response, { exchange, bytes: socket.bytesWritten - bytesBefore });
      });
      response.once('close', record);
      runInCallScope({ requestId, correlationId, deadlineAt }, next);
    });
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function openExchange(request: IncomingMessage, deadlineMs: number): Exchange {
  const requestId = idIn(request.headers['x-request-id']) ?? newId();
  return {
    requestId,
    correlationId: idIn(request.headers['x-correlation-id']) ?? requestId,
    startedAt: performance.now(),
    deadlineAt: Date.now() + deadlineMs,
    route: 'unknown',
    isQuiet: false,
    actorKind: 'anonymous',
    actorId: undefined,
    tenantId: undefined,
    problemCode: undefined,
    cutStatus: undefined,
  };
}

/** An id that a client chose, where it is one that may stand in logs. */
function idIn(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && idPattern.test(header) ? header : undefined;
}

function recordAccess(
  logger: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  { exchange, bytes }: { exchange: Exchange; bytes: number },
): void {
  const elapsedMs = performance.now() - exchange.startedAt;
  const method = request.method ?? '';
  // nginx's number for a client that did not wait.
  const status = response.writableFinished ? response.statusCode : (exchange.cutStatus ?? 499);
  durations.observe({ method, route: exchange.route, status }, elapsedMs / 1000);
  logger[levelOf(exchange, status)](
    {
      request_id: exchange.requestId,
      correlation_id: exchange.correlationId,
      method,
      route: exchange.route,
      status,
      duration_ms: Math.round(elapsedMs * 10) / 10,
      bytes,
      [exchange.actorKind === 'api_key' ? 'api_key_id' : 'actor_id']: exchange.actorId,
      tenant_id: exchange.tenantId,
      code: exchange.problemCode,
    },
    'request',
  );
}

/** What was not answered for a fault of ours stands out, and is more than a passing one only where its cause is logged. */
function levelOf({ isQuiet }: Exchange, status: number): 'debug' | 'info' | 'warn' {
  if (isQuiet) return 'debug';
  return status >= 500 ? 'warn' : 'info';
}
