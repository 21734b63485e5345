import {
  type ApiDocument,
  type Json,
  type Operation,
  operationsOf,
  type Parameter,
  resolveIn,
} from './api-document.ts';
import { bodyOf } from './postman-body.ts';
import { idRememberedBy, placeholderOf, scriptOf, variablesOf } from './postman-variables.ts';

/**
 * The Postman collection (format 2.1) of an OpenAPI document: a folder per tag, a request per operation. It can be used
 * as it is: logging in keeps the token, and what is made is what later requests name.
 */
export function postmanCollectionOf(openApi: Json): Json {
  const document = openApi as unknown as ApiDocument;
  const operations = operationsOf(document);
  const remembered = new Set(
    operations.map((operation) => idRememberedBy(operation, document)).filter(Boolean) as string[],
  );
  return {
    info: {
      name: document.info.title,
      description: [document.info.description, howTo].join('\n\n'),
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: bearer,
    event: [event('test', checkOfEach)],
    variable: variablesOf(operations, remembered),
    item: document.tags
      .map(({ name, description }) => ({
        name,
        description,
        item: operations.filter(({ tags }) => tags[0] === name).map((one) => requestOf(one, document, remembered)),
      }))
      .filter(({ item }) => item.length > 0),
  };
}

const howTo = `
# In Postman

Set \`base_url\` to where the platform is and send "Log in" (\`email\` and \`password\` are those of the demo tenant; the platform
admin is \`platform@outlay.dev\`): it keeps \`jwt_token\`, \`refresh_token\` and \`tenant_id\`. A request that makes something keeps
its id, such as \`expense_id\`, for the requests that name it. Query parameters are there to be ticked.
`.trim();

const bearer = { type: 'bearer', bearer: [{ key: 'token', value: '{{jwt_token}}', type: 'string' }] };

const checkOfEach = ["pm.test('succeeds', () => pm.expect(pm.response.code, pm.response.text()).to.be.below(400));"];

function requestOf(operation: Operation, document: ApiDocument, remembered: ReadonlySet<string>): Json {
  const script = scriptOf(operation, document);
  const { body, contentType } = bodyOf(operation, remembered);
  return {
    name: operation.summary,
    ...(script.length > 0 && { event: [event('test', script)] }),
    request: {
      method: operation.method.toUpperCase(),
      description: describe(operation, document),
      ...(isPublic(operation) && { auth: { type: 'noauth' } }),
      header: [
        ...(contentType ? [{ key: 'Content-Type', value: contentType }] : []),
        ...headersOf(operation, document),
      ],
      url: urlOf(operation, document),
      ...(body && { body }),
    },
    response: savedAnswersOf(operation, document),
  };
}

function isPublic(operation: Operation): boolean {
  return operation.security?.length === 0;
}

/**
 * Whether whoever calls acts in a tenant. Before anybody has logged in there is none to name; a platform admin, and whoever
 * manages what is their own, may be outside of all.
 */
function isWithinTenant(operation: Operation): boolean {
  return operation['x-within-tenant'] === true;
}

/** Values of the headers that a request can carry; what is not named here is offered unticked. */
const headerValues: Readonly<Record<string, string>> = {
  'Idempotency-Key': '{{$guid}}',
  'X-Tenant-Id': '{{tenant_id}}',
};

function headersOf(operation: Operation, document: ApiDocument): Json[] {
  return parametersIn('header', operation, document).map(({ name, description, required }) => {
    const isOffered =
      !required && (headerValues[name] === undefined || (name === 'X-Tenant-Id' && !isWithinTenant(operation)));
    return { key: name, value: headerValues[name] ?? '', description, ...(isOffered && { disabled: true }) };
  });
}

function urlOf(operation: Operation, document: ApiDocument): Json {
  const inPath = parametersIn('path', operation, document);
  const path = operation.path
    .slice(1)
    .split('/')
    .map((segment) => segmentOf(segment, operation));
  const query = parametersIn('query', operation, document).map((parameter) => ({
    key: parameter.name,
    value: exampleOf(parameter),
    description: parameter.description ?? '',
    ...(!parameter.required && { disabled: true }),
  }));
  const sent = query.filter((one) => !one.disabled).map(({ key, value }) => `${key}=${value}`);
  const variable = inPath
    .filter(({ name }) => path.includes(`:${name}`))
    .map(({ name, description }) => ({
      key: name,
      value: placeholderOf(operation, name),
      ...(description && { description }),
    }));
  return {
    raw: `{{base_url}}/${path.join('/')}${sent.length > 0 ? `?${sent.join('&')}` : ''}`,
    host: ['{{base_url}}'],
    path,
    ...(query.length > 0 && { query }),
    ...(variable.length > 0 && { variable }),
  };
}

/** Postman knows `:id` as a whole segment only; within one, as in `{id}.pdf`, a variable stands for itself. */
function segmentOf(segment: string, operation: Operation): string {
  if (/^\{\w+\}$/.test(segment)) return `:${segment.slice(1, -1)}`;
  return segment.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => placeholderOf(operation, name));
}

function parametersIn(place: string, operation: Operation, document: ApiDocument): Parameter[] {
  const parameters = (operation.parameters ?? []).map((one) => resolveIn<Parameter>(document, one));
  return parameters.filter((parameter) => parameter.in === place);
}

function exampleOf({ schema }: Parameter): string {
  const { examples = [], default: usual, enum: choices = [] } = schema;
  return String(examples[0] ?? usual ?? choices[0] ?? '');
}

/** The description of the operation, and what it may answer. */
function describe(operation: Operation, document: ApiDocument): string {
  const answers = Object.entries(operation.responses).map(([status, given]) => {
    const { description } = resolveIn<{ description: string }>(document, given);
    return `- ${status}: ${description.replaceAll('\n\n', ' ')}`;
  });
  return [operation.description, answers.join('\n')].filter(Boolean).join('\n\n');
}

function savedAnswersOf(operation: Operation, document: ApiDocument): Json[] {
  return Object.entries(operation.responses).flatMap(([status, given]) => {
    const { description, content } = resolveIn<{
      description: string;
      content?: Record<string, { example?: unknown }>;
    }>(document, given);
    // What succeeds without a body is shown as well.
    if (content === undefined && status.startsWith('2'))
      return { name: description, code: Number(status), header: [], body: '' };
    if (content === undefined) return status === '204' ? { name: description, code: 204, header: [], body: '' } : [];
    const [[type, { example }] = ['', { example: undefined }]] = Object.entries(content);
    if (example === undefined) return [];
    const isJson = type === 'application/json';
    return {
      name: description,
      code: Number(status),
      header: [{ key: 'Content-Type', value: `${type}; charset=utf-8` }],
      body: isJson ? JSON.stringify(example, null, 2) : String(example),
      _postman_previewlanguage: isJson ? 'json' : 'text',
    };
  });
}

function event(listen: string, exec: string[]): Json {
  return { listen, script: { type: 'text/javascript', exec } };
}
