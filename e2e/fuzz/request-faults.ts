import type { ApiDocument, Operation, Parameter } from './api-document.ts';
import type { SchemaCheck } from './schema-checks.ts';
import type { WireRequest } from './send.ts';

/** What of a request breaks what the document says. It is judged from the bytes, without knowing how they were made. */
export interface RequestFaults {
  /** Each of them alone is a reason to refuse. */
  faults: string[];
  /** The top-level fields of the body that break its schema. */
  fields: string[];
}

export function faultsOf(
  request: WireRequest,
  operation: Operation,
  document: ApiDocument,
  check: SchemaCheck,
): RequestFaults {
  const url = readUrl(request.path, operation);
  const faults = operation.parameters.flatMap((parameter) => {
    const value =
      parameter.in === 'header' ? blankless(request.headers[parameter.name.toLowerCase()]) : url.of(parameter);
    if (value === undefined) return parameter.required ? [`${parameter.name} is missing`] : [];
    return check(parameter.schema, value).map((error) => `${parameter.name} ${error.message}`);
  });
  const body = bodyFaults(request, operation, document, check);
  return { faults: [...faults, ...url.faults, ...body.faults], fields: body.fields };
}

/** HTTP takes away blanks and tabs, and nothing else that JavaScript calls white space. */
function blankless(value: string | undefined): string | undefined {
  return value?.replace(/^[ \t]+|[ \t]+$/g, '');
}

function readUrl(path: string, operation: Operation) {
  const [pathname = '', search = ''] = path.split('?');
  const faults: string[] = [];
  const decode = (text: string) => {
    try {
      const decoded = decodeURIComponent(text);
      if (isUnsafe(decoded)) faults.push('the URL holds what no client needs');
      return decoded;
    } catch {
      faults.push('the URL is not percent-encoded');
      return text;
    }
  };
  const known = new Map(operation.parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]));
  const query = new Map<string, string[]>();
  for (const pair of search.split('&').filter((part) => part !== '')) {
    const [name = '', ...rest] = pair.replaceAll('+', ' ').split('=');
    const key = decode(name);
    query.set(key, [...(query.get(key) ?? []), decode(rest.join('='))]);
  }
  for (const [name, values] of query) {
    const parameter = known.get(name);
    if (parameter === undefined) faults.push(`query ${name} is unknown`);
    else if (parameter.schema.type !== 'array' && values.length > 1) faults.push(`query ${name} is given twice`);
  }
  const place = operation.path.split('/').findIndex((segment) => segment.startsWith('{'));
  return {
    faults,
    of: (parameter: Parameter): unknown => {
      if (parameter.in === 'path') return decode(pathname.split('/')[place] ?? '');
      const values = query.get(parameter.name);
      if (values === undefined || parameter.schema.type === 'array') return values;
      return parameter.schema.type === 'integer' ? Number(values[0] || Number.NaN) : values[0];
    },
  };
}

const bodyMax = 100 * 1024;
const bodyMaxOf: Record<string, number> = { recordExpenses: 1024 * 1024 };

function bodyFaults(
  request: WireRequest,
  operation: Operation,
  document: ApiDocument,
  check: SchemaCheck,
): RequestFaults {
  const refused = (fault: string) => ({ faults: [fault], fields: [] });
  if (operation.body === undefined) return { faults: [], fields: [] };
  if (request.body === undefined || request.body.length === 0)
    return operation.bodyRequired ? refused('there is no body') : { faults: [], fields: [] };
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return refused('the body is encoded');
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.find((text) => text.includes('charset='));
  if (operation.body['application/json'] === undefined)
    return operation.body[type.trim()] === undefined
      ? refused('the media type is another')
      : { faults: [], fields: [] };
  if (!/^application\/(?:.+\+)?json$/.test(type.trim()) || (charset !== undefined && !charset.includes('utf-8')))
    return refused('the media type is another');
  if (request.body.length > (bodyMaxOf[operation.id] ?? bodyMax)) return refused('the body is too large');

  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body));
  } catch {
    return refused('the body is not JSON');
  }
  if (holdsUnsafe(value, 0)) return refused('the body holds what no client needs');
  const errors = check(document.resolve(operation.body['application/json'].schema ?? {}), value);
  const fields = errors.map(({ instancePath, params }) => {
    const [, top] = instancePath.split('/');
    return top?.replaceAll('~1', '/').replaceAll('~0', '~') ?? params.missingProperty ?? params.additionalProperty;
  });
  return {
    faults: errors.map((error) => `body${error.instancePath} ${error.message}`),
    fields: [...new Set(fields.filter((field) => typeof field === 'string'))],
  };
}

function isUnsafe(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

function holdsUnsafe(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isUnsafe(value);
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= 32) return true;
  return Object.entries(value).some(
    ([key, child]) => key === '__proto__' || isUnsafe(key) || holdsUnsafe(child, depth + 1),
  );
}
