import fc from 'fast-check';
import type { ApiDocument, Operation, Parameter } from './api-document.ts';
import { hostileHeader, hostileText, hostileValue, textChanges } from './hostile.ts';
import { callerOf, meaningOf, placeholder, subjectOf } from './operation-needs.ts';
import { valuesOf } from './schema-values.ts';
import { rateUploads, uploads } from './uploads.ts';

/** A request with placeholders in it; `body` has a character per byte. */
export interface GeneratedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** Requests for one operation: about half of them as documented, each of the others with something wrong in it. */
export function requestsOf(operation: Operation, document: ApiDocument): fc.Arbitrary<GeneratedRequest> {
  return fc
    .record({
      path: pathsOf(operation),
      query: queriesOf(operation, document),
      headers: headersOf(operation),
      sent: operation.body ? bodiesOf(operation, document) : noBody,
    })
    .map(({ path, query, headers, sent }) => ({
      method: operation.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: { ...headers, ...sent.headers },
      body: sent.body,
    }));
}

/** The request that the documentation shows: it must get through, or the run says nothing about what comes after. */
export function plainRequest(operation: Operation, document: ApiDocument): GeneratedRequest {
  const required = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required);
  const query = required.map(({ name, schema }) => `${name}=${schema.examples?.[0]}`).join('&');
  const [type, media] = Object.entries(operation.body ?? {})[0] ?? [];
  const example = type === 'application/json' ? plainBody(operation, document, media?.example) : media?.example;
  return {
    method: operation.method,
    path: fillPath(operation, placeholder(subjectOf(operation))) + (query && `?${query}`),
    headers: {
      ...(operation.isPublic ? {} : { authorization: bearer(`${callerOf(operation)}Token`) }),
      ...(type === undefined ? {} : { 'content-type': type }),
    },
    body: example === undefined ? undefined : toBytes(typeof example === 'string' ? example : JSON.stringify(example)),
  };
}

/** The documented example, without the ids in it, which name nothing here, but for those without which nothing goes. */
function plainBody(operation: Operation, document: ApiDocument, example: unknown): object {
  const { required = [] } = document.resolve(operation.body?.['application/json']?.schema ?? {});
  const fields = Object.entries(example as object).filter(
    ([name]) => required.includes(name) || !/_id$|^exchange_rate$/.test(name),
  );
  return Object.fromEntries(
    fields.map(([name, value]) => [name, name === 'currency' ? 'EUR' : (meaningOf(operation.id, name) ?? value)]),
  );
}

/** The authorization by a token of this name. */
const bearer = (name: string) => `Bearer ${placeholder(name)}`;

const fillPath = (operation: Operation, id: string) => operation.path.replace('{id}', id);

function pathsOf(operation: Operation): fc.Arbitrary<string> {
  const kind = subjectOf(operation);
  if (kind === '') return fc.constantFrom(operation.path, operation.path, operation.path, `${operation.path}/`);
  const ids = fc.oneof(
    { weight: 8, arbitrary: fc.nat(kind === 'tenant' ? 0 : 3).map((index) => placeholder(kind, index)) },
    { weight: 1, arbitrary: fc.uuid() },
    // An empty id is another path.
    { weight: 1, arbitrary: hostileText.filter((text) => text !== '').map(percentEncoded) },
    { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%ff', '%2e%2e', '..%2f..', placeholder('category'), '{id}') },
  );
  return ids.map((id) => fillPath(operation, id));
}

function queriesOf(operation: Operation, document: ApiDocument): fc.Arbitrary<string> {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'query');
  const strange = fc.oneof(
    fc.constantFrom(
      'x=1',
      '__proto__=1',
      'limit=1&limit=2',
      'limit[]=1',
      '&&=&',
      '%',
      '%ff=1',
      'a%00=b',
      'cursor=',
      '=',
    ),
    hostileText.map((text) => `q=${percentEncoded(text)}`),
  );
  if (parameters.length === 0)
    return fc.oneof({ weight: 19, arbitrary: fc.constant('') }, { weight: 1, arbitrary: strange });
  const fitting = fc
    .record(
      Object.fromEntries(parameters.map((one) => [one.name, valuesOf(one.schema, document, { name: one.name })])),
      {
        requiredKeys: parameters.filter((one) => one.required).map((one) => one.name),
      },
    )
    .map(toQuery);
  const broken = fc
    .tuple(fc.constantFrom(...parameters), fc.oneof(hostileText, hostileValue.map(textOf)))
    .map(([{ name }, text]) => `${name}=${percentEncoded(text)}`);
  return fc.oneof(
    { weight: 6, arbitrary: fitting },
    { weight: 3, arbitrary: broken },
    { weight: 1, arbitrary: fc.tuple(fitting, strange).map((parts) => parts.join('&')) },
  );
}

function toQuery(values: Record<string, unknown>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}=${percentEncoded(String(one))}`))
    .join('&');
}

/** Of an object its JSON: one without a prototype, or with a method of that name, has no text of its own. */
const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function percentEncoded(text: string): string {
  // What half a surrogate pair would be, if UTF-8 had it.
  return text.split('').some((_, index) => !text.slice(index).isWellFormed())
    ? encodeLoosely(text)
    : encodeURIComponent(text);
}

function encodeLoosely(text: string): string {
  return Array.from(text, (character) => (character.isWellFormed() ? encodeURIComponent(character) : '%ED%A0%80')).join(
    '',
  );
}

/** Absent most of the time. */
const seldom = (values: fc.Arbitrary<string>, absentWeight = 6) =>
  fc.oneof({ weight: absentWeight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });

function headersOf(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const takes = (name: string) =>
    operation.parameters.some((one: Parameter) => one.in === 'header' && one.name === name);
  const authorization = fc.oneof(
    { weight: 12, arbitrary: fc.constant(operation.isPublic ? undefined : bearer(`${callerOf(operation)}Token`)) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('ownerToken', 'adminToken', 'strangerToken', 'keySecret').map(bearer),
    },
    {
      weight: 1,
      arbitrary: fc.oneof(fc.constantFrom('Bearer', 'Bearer ', 'Basic YTpi', 'Bearer a.b.c'), hostileHeader),
    },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  const tenants = fc.oneof(fc.constantFrom(placeholder('tenant'), placeholder('subdomain'), 'nobody'), hostileHeader);
  return fc
    .record({
      authorization,
      'idempotency-key': takes('Idempotency-Key')
        ? seldom(fc.oneof(fc.uuid(), fc.constantFrom('key-1', 'key-2'), hostileHeader), 2)
        : seldom(hostileHeader, 30),
      'if-match': takes('If-Match')
        ? seldom(fc.oneof(fc.constantFrom('*', '"1"', '"2"'), hostileHeader), 3)
        : seldom(hostileHeader, 30),
      'if-none-match': seldom(fc.oneof(fc.constantFrom('"1"', '*'), hostileHeader), 12),
      'x-tenant-id': seldom(tenants, 12),
      'x-request-id': seldom(hostileHeader, 20),
      traceparent: seldom(hostileHeader, 20),
      accept: seldom(fc.constantFrom('text/html', 'image/*', 'nonsense', ''), 20),
      host: seldom(
        fc.constantFrom(
          `${placeholder('subdomain')}.localhost`,
          'nobody.localhost',
          'www.localhost',
          '..localhost',
          'ü.localhost',
        ),
        30,
      ),
    })
    .map((headers) =>
      Object.fromEntries(Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined)),
    );
}

interface SentBody {
  headers: Record<string, string>;
  body?: string;
}

/** Bodies where none belongs are seldom, and must do no harm. */
const noBody: fc.Arbitrary<SentBody> = fc.oneof(
  { weight: 19, arbitrary: fc.constant({ headers: {} }) },
  { weight: 1, arbitrary: fc.constant({ headers: { 'content-type': 'application/json' }, body: '{"x":1}' }) },
);

function bodiesOf(operation: Operation, document: ApiDocument): fc.Arbitrary<SentBody> {
  const media = operation.body?.['application/json'];
  if (media === undefined) return operation.id === 'importPlatformRates' ? rateUploads : uploads;
  const meaning = (name: string) => meaningOf(operation.id, name);
  const values = valuesOf(media.schema ?? {}, document, { example: media.example, meaning });
  const json = values.map((value) => toBytes(JSON.stringify(value)));
  const changes = fc.array(fc.record({ at: fc.nat(500), kind: fc.nat(3), value: hostileValue, name: hostileText }), {
    minLength: 1,
    maxLength: 3,
  });
  const changed = fc.tuple(values, changes).map(([value, list]) => {
    const copy = structuredClone(value);
    for (const change of list) changeSomewhere(copy, change);
    return toBytes(JSON.stringify(copy));
  });
  const bodies = fc.oneof(
    { weight: 10, arbitrary: json },
    { weight: 8, arbitrary: changed },
    { weight: 2, arbitrary: fc.tuple(json, fc.constantFrom(...textChanges)).map(([text, change]) => change(text)) },
    { weight: 1, arbitrary: hostileValue.map((value) => toBytes(JSON.stringify(value))) },
  );
  return fc.record({ headers: contentHeaders, body: bodies });
}

const contentHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 16, arbitrary: fc.constant({ 'content-type': 'application/json' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>>(
      {},
      { 'content-type': '' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-type': 'application/JSON; charset="UTF-8"' },
      { 'content-type': 'application/merge-patch+json' },
      { 'content-type': 'application/json, text/plain' },
      { 'content-type': 'multipart/form-data' },
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      { 'content-type': 'application/json', 'content-encoding': 'identity' },
      { 'content-type': 'application/json', expect: '100-continue' },
    ),
  },
);

interface Change {
  at: number;
  kind: number;
  value: unknown;
  name: string;
}

/** Leaves a field out, adds one, or puts something else into its place; anywhere in the tree. */
function changeSomewhere(value: unknown, { at, kind, ...change }: Change): void {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Record<string, unknown>;
  const keys = Object.keys(node);
  const key = keys[at % Math.max(1, keys.length)];
  if (key === undefined || kind === 0) set(node, change.name, change.value);
  else if (kind === 1 && !Array.isArray(node)) delete node[key];
  else if (kind === 2 && typeof node[key] === 'object' && node[key] !== null)
    changeSomewhere(node[key], { at: Math.floor(at / keys.length), kind, ...change });
  else set(node, key, change.value);
}

/** An assignment to `__proto__` would set none. */
function set(node: Record<string, unknown>, name: string, value: unknown): void {
  // A copy, since what is put in is changed in its turn.
  Object.defineProperty(node, name, {
    value: structuredClone(value),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** The UTF-8 of a text with a character per byte, among which changes can put what is not UTF-8. */
function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
