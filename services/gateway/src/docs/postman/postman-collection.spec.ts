import { describe, expect, it } from '@jest/globals';
import { routes } from '../../routes/index.ts';
import { openApiDocument } from '../openapi-document.ts';
import { postmanCollectionOf } from './postman-collection.ts';

interface Request {
  name: string;
  event?: { script: { exec: string[] } }[];
  request: {
    method: string;
    auth?: { type: string };
    header: { key: string; value: string; disabled?: boolean }[];
    url: { raw: string; path: string[]; query?: { key: string; value: string; disabled?: boolean }[] };
    body?: { mode: string; raw: string };
  };
  response: { code: number; body: string }[];
}

const collection = JSON.parse(JSON.stringify(postmanCollectionOf(openApiDocument(routes))));
const folders: { name: string; item: Request[] }[] = collection.item;
const requests = folders.flatMap(({ item }) => item);
const variables: string[] = collection.variable.map(({ key }: { key: string }) => key);

function requestOf(method: string, path: string): Request {
  const found = requests.find(({ request }) => request.method === method && `/${request.url.path.join('/')}` === path);
  if (!found) throw new Error(`The collection has no ${method} ${path}`);
  return found;
}

const headersOf = ({ request }: Request) =>
  Object.fromEntries(request.header.filter(({ disabled }) => !disabled).map(({ key, value }) => [key, value]));

describe('The Postman collection', () => {
  it('has a request for each operation, in the folder of its tag', () => {
    expect(requests).toHaveLength(routes.length);
    for (const { tags, summary } of routes) {
      const folder = folders.find(({ name }) => name === tags[0]);
      expect(folder?.item.map(({ name }) => name)).toContain(summary);
    }
  });

  it('has variables for where, as whom and in which tenant, and names no others', () => {
    expect(variables).toEqual(expect.arrayContaining(['base_url', 'jwt_token', 'tenant_id']));
    const named = [...JSON.stringify(collection).matchAll(/\{\{([^}]+)\}\}/g)].map((match) => String(match[1]));
    for (const name of named) expect([...variables, '$guid', '$timestamp']).toContain(name);
  });

  it('sends the token with all but what is open to everyone', () => {
    expect(collection.auth.bearer).toContainEqual({ key: 'token', value: '{{jwt_token}}', type: 'string' });
    const open = routes.filter(({ access }) => access.caller === 'public').map(({ summary }) => summary);
    const without = requests.filter(({ request }) => request.auth?.type === 'noauth').map(({ name }) => name);
    expect(new Set(without)).toEqual(new Set(open));
  });

  it('gives writes a new key each time, and names the tenant', () => {
    expect(headersOf(requestOf('POST', '/api/v1/expenses'))).toEqual({
      'Content-Type': 'application/json',
      'Idempotency-Key': '{{$guid}}',
      'X-Tenant-Id': '{{tenant_id}}',
    });
    expect(headersOf(requestOf('GET', '/api/v1/expenses'))).toEqual({ 'X-Tenant-Id': '{{tenant_id}}' });
  });

  it.each([
    ['GET', '/api/v1/admin/tenants'],
    ['POST', '/api/v1/admin/signing-keys/rotate'],
    ['GET', '/api/v1/users/me'],
    ['POST', '/api/v1/auth/switch-tenant'],
  ])('names none for %s %s, whose caller may be outside of all', (method, path) => {
    expect(headersOf(requestOf(method, path))).not.toHaveProperty('X-Tenant-Id');
  });

  it('names no tenant at log-in unless asked to', () => {
    const logIn = requestOf('POST', '/api/v1/auth/login');
    expect(headersOf(logIn)).not.toHaveProperty('X-Tenant-Id');
    expect(logIn.request.header).toContainEqual(expect.objectContaining({ key: 'X-Tenant-Id', disabled: true }));
  });

  it.each(['/api/v1/auth/login', '/api/v1/auth/refresh'])('keeps what %s answers', (path) => {
    const script = requestOf('POST', path).event?.[0]?.script.exec.join('\n');
    for (const name of ['jwt_token', 'refresh_token', 'tenant_id']) expect(script).toContain(`set('${name}', `);
  });

  it('keeps the id of what is made, for the requests that name it', () => {
    expect(requestOf('POST', '/api/v1/categories').event?.[0]?.script.exec.join()).toContain("set('category_id'");
    expect(requestOf('POST', '/api/v1/expenses').request.body?.raw).toContain('"category_id": "{{category_id}}"');
    expect(requestOf('GET', '/api/v1/expenses/:id').request.url).toMatchObject({
      raw: '{{base_url}}/api/v1/expenses/:id',
      variable: [{ key: 'id', value: '{{expense_id}}' }],
    });
  });

  it('ticks the query parameters that an operation cannot do without, with an example', () => {
    const ticked = requests.flatMap(({ request }) => request.url.query ?? []).filter(({ disabled }) => !disabled);
    expect(ticked.map(({ key }) => key)).toContain('month');
    for (const { key, value } of ticked) expect([key, value]).toEqual([key, expect.stringMatching(/./)]);
  });

  it('has bodies that the operations take', () => {
    for (const route of routes) {
      if (!route.request?.body) continue;
      const path = `/api/v1${route.path}`.replaceAll(/\{(\w+)\}/g, ':$1');
      const { request } = requestOf(route.method.toUpperCase(), path);
      const body = JSON.parse(filled(request.body?.raw ?? 'null'));
      expect([route.operationId, route.request.body.safeParse(body).error]).toEqual([route.operationId, undefined]);
    }
  });

  it('shows an answer of each operation that succeeds', () => {
    for (const { name, response } of requests) {
      expect([name, response.map(({ code }) => code)]).toEqual([name, expect.arrayContaining([expect.any(Number)])]);
    }
  });
});

/** Postman's part: variables in place. */
function filled(text: string): string {
  const values: Record<string, string> = {
    email: 'mara@acme.example',
    password: 'Password123',
    $timestamp: '1736929800',
  };
  return text.replaceAll(
    /\{\{([^}]+)\}\}/g,
    (_whole, name: string) => values[name] ?? '0197a3c0-0000-7000-8000-000000000001',
  );
}
