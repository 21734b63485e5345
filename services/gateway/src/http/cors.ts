import type { RequestHandler } from 'express';

const allowedMethods = 'GET, POST, PUT, PATCH, DELETE';
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'X-Correlation-Id',
  'X-Request-Id',
  'X-Tenant-Id',
  'traceparent',
].join(', ');
const exposedHeaders = [
  'Content-Disposition',
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Correlation-Id',
  'X-Request-Id',
].join(', ');

/** Two steps, as the first comes before all checks and the second after them. */
interface Cors {
  /** Says on every answer whether browsers of the request's origin may read it. */
  allowOrigin: RequestHandler;
  answerPreflight: RequestHandler;
}

/**
 * Lets browsers of the listed origins in, compared letter by letter. Cookies play no part, so credentials are not
 * allowed. A preflight is answered here; for other origins without the headers, which the browser takes for a no.
 */
export function createCors(origins: readonly string[]): Cors {
  const listed = new Set(origins);
  const isAllowed = (origin: string | undefined): origin is string => origin !== undefined && listed.has(origin);
  return {
    allowOrigin(request, response, next) {
      const { origin } = request.headers;
      if (listed.size > 0) response.appendHeader('Vary', 'Origin');
      if (isAllowed(origin)) {
        response.setHeader('Access-Control-Allow-Origin', origin);
        response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
      }
      next();
    },
    answerPreflight(request, response, next) {
      const { origin } = request.headers;
      const isPreflight =
        request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined && origin;
      if (!isPreflight) return next();
      if (isAllowed(origin)) {
        response.setHeader('Access-Control-Allow-Methods', allowedMethods);
        response.setHeader('Access-Control-Allow-Headers', allowedHeaders);
        response.setHeader('Access-Control-Max-Age', '600');
      }
      response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
    },
  };
}
