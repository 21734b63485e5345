import swaggerUi from 'swagger-ui-express';

/** Swagger UI's page refers to its files relative to itself, which fails where the address has no trailing slash. */
export const swaggerPage = swaggerUi
  .generateHTML(undefined, { customSiteTitle: 'Outlay API', customCss: '.swagger-ui .topbar { display: none }' })
  .replace('<head>', '<head>\n  <base href="/api/docs/swagger/">');

export const redocPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Outlay API</title>
    <link rel="icon" href="data:,">
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <redoc spec-url="/api/openapi.json" hide-hostname="true" expand-responses="200,201,202"></redoc>
    <script src="/api/docs/redoc/redoc.standalone.js"></script>
  </body>
</html>
`;

export const indexPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Outlay</title>
    <link rel="icon" href="data:,">
    <style>
      :root { color-scheme: light dark }
      body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
      dt { font-weight: 600; margin-top: 1rem }
      dd { margin: 0 }
    </style>
  </head>
  <body>
    <h1>Outlay</h1>
    <p>The API lives under <code>/api/v1</code>.</p>
    <dl>
      <dt><a href="/api/docs/swagger">Swagger UI</a></dt><dd>Read the operations and try them out.</dd>
      <dt><a href="/api/docs/redoc">ReDoc</a></dt><dd>The same, to read in one go.</dd>
      <dt><a href="/api/openapi.json">OpenAPI document</a></dt><dd>For generators of clients.</dd>
      <dt><a href="/api/postman.json">Postman collection</a></dt><dd>Every request, ready to send.</dd>
      <dt><a href="/api/asyncapi.json">AsyncAPI document</a></dt><dd>The events on the bus.</dd>
      <dt><a href="/readyz">Readiness</a></dt><dd>Which services are up.</dd>
    </dl>
  </body>
</html>
`;
