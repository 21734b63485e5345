import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { asyncApiDocument } from '@outlay/contracts';
import { type RequestHandler, Router } from 'express';
import swaggerUi from 'swagger-ui-express';
import type { Route } from '../http/define-route.ts';
import { exchangeOf } from '../http/exchange.ts';
import { pageSecurityHeaders } from '../http/security-headers.ts';
import { openApiDocument } from './openapi-document.ts';
import { indexPage, redocPage, swaggerPage } from './pages.ts';
import { postmanCollectionOf } from './postman/postman-collection.ts';
import { sendText } from './send-text.ts';

/** The documents and the pages that show them. Everything comes from this host. */
export function mountDocs(routes: readonly Route[]): Router {
  const router = Router({ caseSensitive: true });
  const document = openApiDocument(routes);
  const openApi = JSON.stringify(document);
  const postman = JSON.stringify(postmanCollectionOf(document));
  const asyncApi = JSON.stringify(asyncApiDocument());
  const page = pageSecurityHeaders();

  const serve = (paths: string[], type: string, text: () => string) => {
    router.get(paths, named(paths[0] ?? ''), page, (request, response) => sendText(request, response, type, text()));
  };
  serve(['/api/openapi.json'], 'application/json', () => openApi);
  serve(['/api/asyncapi.json'], 'application/json', () => asyncApi);
  serve(['/api/postman.json'], 'application/json', () => postman);
  serve(['/', '/api/docs'], 'text/html', () => indexPage);
  serve(['/api/docs/redoc'], 'text/html', () => redocPage);
  serve(['/api/docs/redoc/redoc.standalone.js'], 'text/javascript', redocBundle);
  serve(['/api/docs/swagger'], 'text/html', () => swaggerPage);
  router.use('/api/docs/swagger', named('/api/docs/swagger'), page, ...swaggerUi.serveFiles(undefined, swaggerOptions));
  return router;
}

const swaggerOptions = {
  swaggerUrl: '/api/openapi.json',
  swaggerOptions: {
    // The badge of the public validator would tell it where we are.
    validatorUrl: null,
    persistAuthorization: true,
    deepLinking: true,
    requestSnippetsEnabled: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
  },
};

/** The route by which a request is logged and measured: fixed, as paths beneath it are for anyone to make up. */
function named(route: string): RequestHandler {
  return (request, _response, next) => {
    Object.assign(exchangeOf(request), { route, isQuiet: true });
    next();
  };
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
