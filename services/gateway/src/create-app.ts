import express, { type Express } from 'express';
import type { GatewayConfig } from './config.ts';
import { mountDocs } from './docs/mount-docs.ts';
import { checkRequest } from './http/check-request.ts';
import { createCompression } from './http/compress.ts';
import { createCors } from './http/cors.ts';
import { countRequest } from './http/count-request.ts';
import { createEdge } from './http/edge.ts';
import { createErrorHandler, refuseUnknownPath } from './http/handle-errors.ts';
import { type Checks, mountHealth } from './http/health.ts';
import { addressOf } from './http/identify-caller.ts';
import { mountJwks } from './http/jwks.ts';
import { mountRoutes, type RouteEnvironment } from './http/mount-routes.ts';
import { apiSecurityHeaders } from './http/security-headers.ts';
import { developerRoutes } from './routes/developer-routes.ts';
import { routes } from './routes/index.ts';

/** The whole way of a request, in order. */
export function createApp(
  config: GatewayConfig,
  environment: RouteEnvironment & {
    checks: Checks;
    isStopping: () => boolean;
    loadKeys: Parameters<typeof mountJwks>[0];
  },
): Express {
  const { logger, limits, admission } = environment;
  const offered = config.developerRoutes ? [...routes, ...developerRoutes] : routes;
  const cors = createCors(config.corsOrigins);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.trustProxy);
  // Queries are read by each route: Express would take `a[b]=c` apart.
  app.set('query parser', false);
  app.set('case sensitive routing', true);

  app.use(createEdge({ logger, deadlineMs: config.deadlineMs, isStopping: environment.isStopping }));
  app.use(apiSecurityHeaders());
  // Before anything is refused: a page is to be told of that as well.
  app.use(cors.allowOrigin);
  app.use(checkRequest);
  app.use(mountHealth(environment.checks, environment.isStopping));
  app.use(cors.answerPreflight);
  app.use(admission.guard);
  app.use(createCompression());
  app.use('/api/v1', mountRoutes(offered, environment));
  app.use((request, response, next) => {
    countRequest(limits, addressOf(request), response);
    next();
  });
  app.use(mountJwks(environment.loadKeys));
  app.use(mountDocs(offered));
  app.use(refuseUnknownPath);
  app.use(createErrorHandler(logger));
  return app;
}
