import { type ResponseSpec, type Route, takesIdempotencyKey } from '../http/define-route.ts';
import { type ErrorCode, errorCodes } from '../http/error-codes.ts';
import { apiDescription, parameters, responseHeaders, tags } from './openapi-texts.ts';
import { errorsOf } from './operation-errors.ts';
import { problemExample, problemSchema } from './problem-schema.ts';
import { createSchemaCollector, type JsonSchema, type SchemaCollector } from './schema-collector.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the routes, made of the schemas that validate. */
export function openApiDocument(routes: readonly Route[]): Json {
  const collector = createSchemaCollector();
  collector.schemaOf(problemSchema, 'output');
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = `/api/v1${route.path}`;
    paths[path] = { ...paths[path], [route.method]: operationOf(route, collector) };
  }
  const schemas = Object.fromEntries(Object.entries(collector.components).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    openapi: '3.1.0',
    info: { title: 'Outlay API', version: '1.0.0', description: apiDescription },
    servers: [{ url: '/', description: 'This host' }],
    tags,
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `access_token` of log-in or refresh. Keys to verify it: `/.well-known/jwks.json`.',
        },
      },
      parameters,
      headers: responseHeaders,
      responses: sharedResponses(),
      schemas,
      examples: problemExamples(),
    },
  };
}

function operationOf(route: Route, collector: SchemaCollector): Json {
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description && { description: describe(route) }),
    ...(!route.description && route.roles && { description: describe(route) }),
    tags: route.tags,
    ...(route.auth === 'public' && { security: [] }),
    ...(route.auth === 'platform_admin' && { 'x-platform-admin': true }),
    ...(route.roles && { 'x-roles': route.roles }),
    parameters: parametersOf(route, collector),
    ...requestBodyOf(route, collector),
    responses: responsesOf(route, collector),
  };
}

function describe(route: Route): string {
  const roles = route.roles && `Roles: ${route.roles.join(', ')}.`;
  return [route.description, roles].filter(Boolean).join('\n\n');
}

function parametersOf(route: Route, collector: SchemaCollector): Json[] {
  const refer = (name: keyof typeof parameters) => ({ $ref: `#/components/parameters/${name}` });
  const { params, query } = route.request ?? {};
  const given: Json[] = [];
  for (const [name, schema] of Object.entries(params?.shape ?? {})) {
    given.push({ name, in: 'path', required: true, schema: collector.schemaOf(schema, 'input') });
  }
  for (const [name, schema] of Object.entries(query?.shape ?? {})) {
    const { description, ...rest } = collector.schemaOf(schema, 'output') as JsonSchema;
    const isRequired = !schema.safeParse(undefined).success;
    given.push({ name, in: 'query', ...(description ? { description } : {}), required: isRequired, schema: rest });
  }
  if (route.selectsTenant || route.auth === 'user' || route.auth === 'tenant') given.push(refer('TenantId'));
  if (takesIdempotencyKey(route)) given.push(refer('IdempotencyKey'));
  if (route.ifMatch) given.push(refer('IfMatch'));
  return given;
}

function requestBodyOf(route: Route, collector: SchemaCollector): Json {
  const { body, bodyExample, bodyOptional, upload } = route.request ?? {};
  if (upload) return { requestBody: { required: true, description: upload.description, content: upload.content } };
  if (!body) return {};
  const content = { schema: collector.schemaOf(body, 'input'), example: bodyExample };
  return { requestBody: { required: !bodyOptional, content: { 'application/json': content } } };
}

function responsesOf(route: Route, collector: SchemaCollector): Json {
  const responses: Record<string, Json> = {};
  for (const [status, response] of Object.entries(route.responses)) {
    responses[status] = {
      description: response.description,
      headers: headersOf(route, response),
      content: {
        'application/json': { schema: collector.schemaOf(response.schema, 'output'), example: response.example },
      },
    };
    if (route.method === 'get' && response.etag) {
      responses[304] = { description: 'If-None-Match names the version that it still has.' };
    }
  }
  const byStatus = Map.groupBy(errorsOf(route), (code) => errorCodes[code].status);
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    const shared = sharedProblems[status];
    responses[status] =
      shared?.codes.join() === codes.join()
        ? { $ref: `#/components/responses/${shared.name}` }
        : problemsOf(status, codes);
  }
  return responses;
}

function headersOf(route: Route, response: ResponseSpec): Json {
  const refer = (name: keyof typeof responseHeaders) => ({ $ref: `#/components/headers/${name}` });
  return {
    'X-Request-Id': refer('RequestId'),
    ...(response.etag && { ETag: refer('ETag') }),
    ...(response.location && { Location: refer('Location') }),
    ...(takesIdempotencyKey(route) && { 'Idempotent-Replayed': refer('IdempotentReplayed') }),
  };
}

function problemsOf(status: number, codes: ErrorCode[]): Json {
  const needsPatience = status === 429 || status === 503;
  return {
    description: codes.map((code) => `\`${code}\`: ${errorCodes[code].title}.`).join('\n\n'),
    ...(needsPatience && { headers: { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } }),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** The problems that nearly every operation shares, so that the document does not repeat them. */
const sharedProblems: Readonly<Record<number, { name: string; codes: ErrorCode[] }>> = {
  401: { name: 'NotSignedIn', codes: ['token_missing', 'token_invalid', 'token_expired', 'session_revoked'] },
  408: { name: 'RequestTimeout', codes: ['request_timeout'] },
  412: { name: 'VersionMismatch', codes: ['version_mismatch'] },
  413: { name: 'BodyTooLarge', codes: ['body_too_large'] },
  415: { name: 'MediaTypeUnsupported', codes: ['media_type_unsupported'] },
  429: { name: 'TooManyRequests', codes: ['rate_limited'] },
  500: { name: 'InternalError', codes: ['internal'] },
  503: { name: 'Unavailable', codes: ['unavailable', 'deadline_exceeded', 'overloaded'] },
};

function sharedResponses(): Json {
  const entries = Object.entries(sharedProblems);
  return Object.fromEntries(entries.map(([status, { name, codes }]) => [name, problemsOf(Number(status), codes)]));
}

function problemExamples(): Json {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  return Object.fromEntries(
    codes.map((code) => [code, { summary: errorCodes[code].title, value: problemExample(code) }]),
  );
}
