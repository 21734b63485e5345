import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { asyncApiDocument } from '@outlay/contracts';
import { type RequestHandler, type Response, Router } from 'express';
import swaggerUi from 'swagger-ui-express';
import type { Route } from '../http/define-route.ts';
import { exchangeOf } from '../http/exchange.ts';
import { pageSecurityHeaders } from '../http/security-headers.ts';
import { openApiDocument } from './openapi-document.ts';
import { indexPage, redocPage, swaggerPage } from './pages.ts';

/** The documents and the pages that show them. Everything comes from this host. */
export function mountDocs(routes: readonly Route[]): Router {
  const router = Router({ caseSensitive: true });
  const openApi = JSON.stringify(openApiDocument(routes));
  const asyncApi = JSON.stringify(asyncApiDocument());
  const page = pageSecurityHeaders();

  router.get('/api/openapi.json', named, (_request, response) => sendText(response, 'application/json', openApi));
  router.get('/api/asyncapi.json', named, (_request, response) => sendText(response, 'application/json', asyncApi));
  router.get(['/', '/api/docs'], named, page, (_request, response) => sendText(response, 'text/html', indexPage));
  router.get('/api/docs/swagger', named, page, (_request, response) => sendText(response, 'text/html', swaggerPage));
  router.use('/api/docs/swagger', named, page, ...swaggerUi.serveFiles(undefined, swaggerOptions));
  router.get('/api/docs/redoc', named, page, (_request, response) => sendText(response, 'text/html', redocPage));
  router.get('/api/docs/redoc/redoc.standalone.js', named, page, (_request, response) => {
    response.setHeader('Cache-Control', 'public, max-age=3600');
    sendText(response, 'text/javascript', redocBundle());
  });
  return router;
}

const swaggerOptions = {
  swaggerUrl: '/api/openapi.json',
  swaggerOptions: {
    // The badge of the public validator would tell it where we are.
    validatorUrl: null,
    persistAuthorization: true,
    displayRequestDuration: true,
  },
};

const named: RequestHandler = (request, _response, next) => {
  const exchange = exchangeOf(request);
  exchange.route = request.path;
  exchange.isQuiet = true;
  next();
};

function sendText(response: Response, type: string, text: string): void {
  response.type(`${type}; charset=utf-8`).send(text);
}

let bundle: string | undefined;

/** ReDoc's own bundle; the logo that it would fetch from its makers is put out. */
function redocBundle(): string {
  bundle ??= readFileSync(
    createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js'),
    'utf8',
  ).replaceAll(
    'https://cdn.redoc.ly/redoc/logo-mini.svg',
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E",
  );
  return bundle;
}
