import type { IncomingMessage, ServerResponse } from 'node:http';
import { Histogram, type Logger, metrics, newId, runInCallScope } from '@outlay/platform';
import type { RequestHandler } from 'express';
import type { Exchange } from './exchange.ts';

const durations = new Histogram({
  name: 'http_server_request_duration_seconds',
  help: 'Time from the head of a request to the end of its answer',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
});

const requestIdPattern = /^[A-Za-z0-9._:-]{8,128}$/;

/** The first thing a request meets: its id, its deadline, the scope its log lines are found by, its access log. */
export function createEdge(options: { logger: Logger; deadlineMs: number; isStopping: () => boolean }): RequestHandler {
  const { deadlineMs, isStopping } = options;
  // The line's fields are the ones below and none is a secret; looking for secrets in it was a tenth of the CPU time.
  const logger = options.logger.child({}, { redact: [] });
  return (request, response, next) => {
    const exchange = openExchange(request, deadlineMs);
    request.exchange = exchange;
    response.setHeader('X-Request-Id', exchange.requestId);
    if (isStopping()) response.setHeader('Connection', 'close');
    response.once('close', () => recordAccess(logger, request, response, exchange));
    runInCallScope({ requestId: exchange.requestId, deadlineAt: exchange.deadlineAt }, next);
  };
}

function openExchange(request: IncomingMessage, deadlineMs: number): Exchange {
  const sent = request.headers['x-request-id'];
  return {
    requestId: typeof sent === 'string' && requestIdPattern.test(sent) ? sent : newId(),
    startedAt: performance.now(),
    deadlineAt: Date.now() + deadlineMs,
    route: 'unknown',
    isQuiet: false,
    actorId: undefined,
    tenantId: undefined,
    problemCode: undefined,
  };
}

function recordAccess(logger: Logger, request: IncomingMessage, response: ServerResponse, exchange: Exchange): void {
  const elapsedMs = performance.now() - exchange.startedAt;
  const method = request.method ?? '';
  // nginx's number for a client that did not wait.
  const status = response.writableFinished ? response.statusCode : 499;
  durations.observe({ method, route: exchange.route, status }, elapsedMs / 1000);
  logger[exchange.isQuiet ? 'debug' : 'info'](
    {
      request_id: exchange.requestId,
      method,
      route: exchange.route,
      status,
      duration_ms: Math.round(elapsedMs * 10) / 10,
      actor_id: exchange.actorId,
      tenant_id: exchange.tenantId,
      code: exchange.problemCode,
    },
    'request',
  );
}
