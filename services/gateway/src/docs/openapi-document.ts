import { z } from 'zod';
import { isPublic, isWithinTenant, type ResponseSpec, type Route, takesIdempotencyKey } from '../http/define-route.ts';
import { type ErrorCode, errorCodes } from '../http/error-codes.ts';
import { codeSamplesOf } from './code-samples.ts';
import { idNameOf } from './id-names.ts';
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
    tags: tags.filter(({ name }) => routes.some((route) => route.tags.includes(name))),
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
        api_key: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'outlay_...',
          description: 'The `secret` of an API key, for machines. Each operation names the scope that the key needs.',
        },
      },
      parameters,
      headers: responseHeaders,
      responses: sharedResponses(),
      schemas,
      examples: problemExamples(routes),
    },
  };
}

function operationOf(route: Route, collector: SchemaCollector): Json {
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: describe(route),
    tags: route.tags,
    ...securityOf(route),
    ...(route.access.caller === 'platform_admin' && { 'x-platform-admin': true }),
    ...(isWithinTenant(route) && { 'x-within-tenant': true }),
    ...(route.access.roles && { 'x-roles': route.access.roles }),
    ...(route.access.scope && { 'x-scope': route.access.scope }),
    ...(route.access.freshLogin && { 'x-fresh-login': true }),
    parameters: parametersOf(route, collector),
    ...requestBodyOf(route, collector),
    responses: responsesOf(route, collector),
    'x-codeSamples': codeSamplesOf(route),
  };
}

/** Keys are let in where a scope is named, which OpenAPI 3.1 lets stand beside any kind of scheme. */
function securityOf(route: Route): Json {
  if (isPublic(route)) return { security: [] };
  const { scope } = route.access;
  return scope ? { security: [{ bearer: [] }, { api_key: [scope] }] } : {};
}

function describe(route: Route): string {
  const { caller, roles, scope, freshLogin } = route.access;
  const rules = [
    caller === 'public' && 'Open to everyone.',
    caller === 'user' && 'For everyone who is signed in.',
    caller === 'platform_admin' && 'For the platform admin.',
    roles && `Roles: ${roles.join(', ')}.`,
    scope && `Scope of API keys: \`${scope}\`.`,
    !scope && isWithinTenant(route) && 'Not for API keys.',
    freshLogin && 'Needs a fresh log-in (15 minutes).',
  ];
  return [route.description, rules.filter(Boolean).join(' ')].filter(Boolean).join('\n\n');
}

function parametersOf(route: Route, collector: SchemaCollector): Json[] {
  const refer = (name: keyof typeof parameters) => ({ $ref: `#/components/parameters/${name}` });
  const { params, query } = route.request ?? {};
  const given: Json[] = [];
  for (const [name, schema] of Object.entries(params?.shape ?? {})) {
    const { description = `The ${idNameOf(route.path, name).replaceAll('_', ' ').replace(/ id$/, '')}.`, ...rest } =
      collector.schemaOf(schema, 'input');
    given.push({ name, in: 'path', description, required: true, schema: rest });
  }
  for (const [name, schema] of Object.entries(query?.shape ?? {})) {
    const { description, ...rest } = collector.schemaOf(schema, 'output') as JsonSchema;
    const isRequired = !schema.safeParse(undefined).success;
    given.push({ name, in: 'query', ...(description ? { description } : {}), required: isRequired, schema: rest });
  }
  if (route.selectsTenant || !(isPublic(route) || route.access.caller === 'platform_admin'))
    given.push(refer('TenantId'));
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

/** A schema of nothing is an answer without a body. */
function contentOf(
  { schema, example, mediaType = 'application/json' }: ResponseSpec,
  collector: SchemaCollector,
): Json {
  if (schema instanceof z.ZodUndefined) return {};
  return { content: { [mediaType]: { schema: collector.schemaOf(schema, 'output'), example } } };
}

function responsesOf(route: Route, collector: SchemaCollector): Json {
  const responses: Record<string, Json> = {};
  for (const [status, response] of Object.entries(route.responses)) {
    responses[status] = {
      description: response.description,
      headers: headersOf(route, response),
      ...contentOf(response, collector),
    };
    if (route.method === 'get' && response.etag === true) {
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
    'X-Correlation-Id': refer('CorrelationId'),
    RateLimit: refer('RateLimit'),
    'RateLimit-Policy': refer('RateLimitPolicy'),
    ...(response.etag && { ETag: refer('ETag') }),
    ...(response.location && { Location: refer('Location') }),
    ...(response.attachment !== undefined && { 'Content-Disposition': refer('ContentDisposition') }),
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
  401: {
    name: 'NotSignedIn',
    codes: ['token_missing', 'token_invalid', 'token_expired', 'session_revoked', 'api_key_invalid'],
  },
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

/** Of the codes that some operation names; the schema of problems has them all. */
function problemExamples(routes: readonly Route[]): Json {
  const named = new Set(routes.flatMap(errorsOf));
  const codes = (Object.keys(errorCodes) as ErrorCode[]).filter((code) => named.has(code));
  return Object.fromEntries(
    codes.map((code) => [code, { summary: errorCodes[code].title, value: problemExample(code) }]),
  );
}
