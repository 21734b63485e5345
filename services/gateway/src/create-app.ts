import express, { type Express } from 'express';
import type { GatewayConfig } from './config.ts';
import { mountDocs } from './docs/mount-docs.ts';
import { createCors } from './http/cors.ts';
import { createEdge } from './http/edge.ts';
import { createErrorHandler, refuseUnknownPath } from './http/handle-errors.ts';
import { type Checks, mountHealth } from './http/health.ts';
import { createInFlight } from './http/in-flight.ts';
import { mountJwks } from './http/jwks.ts';
import { mountRoutes, type RouteEnvironment } from './http/mount-routes.ts';
import { apiSecurityHeaders } from './http/security-headers.ts';
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
  const { logger } = environment;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', config.trustProxy);
  // Queries are read by each route: Express would take `a[b]=c` apart.
  app.set('query parser', false);
  app.set('case sensitive routing', true);

  app.use(createEdge({ logger, deadlineMs: config.deadlineMs, isStopping: environment.isStopping }));
  app.use(apiSecurityHeaders());
  app.use(mountHealth(environment.checks, environment.isStopping));
  app.use(createCors(config.corsOrigins));
  app.use('/api/v1', createInFlight(config.inFlightMax).guard, mountRoutes(routes, environment));
  app.use(mountJwks(environment.loadKeys));
  app.use(mountDocs(routes));
  app.use(refuseUnknownPath);
  app.use(createErrorHandler(logger));
  return app;
}
