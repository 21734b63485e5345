import type { IncomingMessage } from 'node:http';
import { isLoggedByPeer, type Logger } from '@outlay/platform';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { drainRequest } from './drain-request.ts';
import { traceIdOf } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { type Problem, problemOf, writeProblem } from './problem.ts';

/** Whatever no route took. */
export const refuseUnknownPath: RequestHandler = () => {
  throw new HttpError('not_found', 'There is nothing at this address; the operations are listed at /api/openapi.json');
};

/**
 * The one place where errors become answers. What is our own fault is logged with its cause; that of a service the service has
 * logged, under the same request id, and the access log has its code.
 */
export function createErrorHandler(logger: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const problem = problemOf(error);
    if (request.exchange) request.exchange.problemCode = problem.code;
    if (problem.status === 500 && !isLoggedByPeer(error)) {
      logger.error({ error, route: request.exchange?.route }, 'request failed');
    }
    if (response.headersSent) {
      // Half an answer is out: cutting the connection is the only way left to say that it is not whole.
      notePartial(request, problem);
      logger.warn({ route: request.exchange?.route, code: problem.code, reason: problem.detail }, 'answer cut');
      response.destroy();
      return;
    }
    drainRequest(request);
    writeProblem(response, problem, traceIdOf(request));
  };
}

/** Has the log say why an answer that had begun was cut, which no client is told. */
export function notePartial({ exchange }: IncomingMessage, { status, code }: Pick<Problem, 'status' | 'code'>): void {
  if (!exchange) return;
  exchange.problemCode = code;
  exchange.cutStatus = status;
}
