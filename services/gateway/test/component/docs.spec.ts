import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asyncApiDocument } from '@outlay/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { openApiDocument } from '../../src/docs/openapi-document.ts';
import { routes } from '../../src/routes/index.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into as JSON
type Json = any;

let gateway: TestGateway;
let document: Json;
beforeAll(async () => {
  gateway = await startGateway();
  // Documents are compared for so long that a connection which is kept is past its idle time before anybody notices.
  const headers = { connection: 'close' };
  document = await (await gateway.fetch('/api/openapi.json', { token: false, headers })).json();
});
afterAll(() => gateway.stop());

function operations(): [string, Json][] {
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]): [string, Json] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
}

/** Follows a reference within the document. */
function resolve(node: Json): Json {
  if (typeof node?.$ref !== 'string') return node;
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((at: Json, key: string) => at[key], document);
}

function createValidator() {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormatsModule as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addFormat('binary', true);
  ajv.addSchema({ $id: 'document', ...document });
  return (schema: Json, value: unknown) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
    const check = ajv.compile(JSON.parse(text));
    return check(value) ? [] : check.errors;
  };
}

describe('The OpenAPI document', () => {
  it('has every operation of the API, each complete', () => {
    expect(operations()).toHaveLength(routes.length);
    for (const [name, operation] of operations()) {
      expect([name, operation.summary]).toEqual([name, expect.stringMatching(/^[A-Z].{4,}[^.]$/)]);
      expect([name, operation.tags.length]).toEqual([name, 1]);
      expect(document.tags.map((tag: Json) => tag.name)).toContain(operation.tags[0]);
    }
    const ids = operations().map(([, operation]) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has an example for every body, and each fits its schema', () => {
    const faultsIn = createValidator();
    let examples = 0;
    for (const [name, operation] of operations()) {
      const bodies = [operation.requestBody, ...Object.values<Json>(operation.responses)].map(resolve);
      for (const body of bodies) {
        for (const [type, media] of Object.entries<Json>(body?.content ?? {})) {
          const given = media.examples
            ? Object.values<Json>(media.examples).map((one) => resolve(one).value)
            : [media.example];
          if (type === 'multipart/form-data') continue;
          for (const example of given) {
            expect([name, type, example]).toEqual([name, type, expect.anything()]);
            expect([name, faultsIn(media.schema, example)]).toEqual([name, []]);
            examples += 1;
          }
        }
      }
    }
    expect(examples).toBeGreaterThan(routes.length * 10);
  });

  it('has examples that the schemas of the code take as well', () => {
    for (const route of routes) {
      const { body, bodyExample } = route.request ?? {};
      if (body) expect([route.operationId, body.safeParse(bodyExample).error]).toEqual([route.operationId, undefined]);
      for (const { schema, example } of Object.values(route.responses)) {
        expect([route.operationId, schema.safeParse(example).error]).toEqual([route.operationId, undefined]);
      }
    }
  });

  it('has no reference that leads nowhere, and no schema that nobody refers to', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => String(match[1]));
    for (const $ref of references) expect([$ref, resolve({ $ref })]).toEqual([$ref, expect.anything()]);
    for (const name of Object.keys(document.components.schemas)) {
      expect(references).toContain(`#/components/schemas/${name}`);
    }
  });

  it('describes every parameter of every path', () => {
    for (const [name, operation] of operations()) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const described = operation.parameters.map(resolve).filter((parameter: Json) => parameter.in === 'path');
      expect([name, described.map((parameter: Json) => parameter.name)]).toEqual([name, inPath]);
    }
  });

  it('says of each operation whether it needs a token, and which codes it answers', () => {
    for (const [name, operation] of operations()) {
      const isPublic = operation.security?.length === 0;
      expect([name, '401' in operation.responses || isPublic]).toEqual([name, true]);
      for (const status of ['429', '500', '503'])
        expect([name, operation.responses[status]]).toEqual([name, expect.anything()]);
    }
    expect(document.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('tells which writes take Idempotency-Key and If-Match', () => {
    const record = document.paths['/api/v1/expenses'].post.parameters.map((one: Json) => resolve(one).name);
    const edit = document.paths['/api/v1/expenses/{id}'].patch.parameters.map((one: Json) => resolve(one).name);
    expect(record).toEqual(['X-Tenant-Id', 'Idempotency-Key']);
    expect(edit).toEqual(['id', 'X-Tenant-Id', 'Idempotency-Key', 'If-Match']);
  });

  it('is what docs/api holds', async () => {
    const exported = (name: string) =>
      JSON.parse(readFileSync(new URL(`../../../../docs/api/${name}`, import.meta.url), 'utf8'));
    expect(exported('openapi.json')).toEqual(JSON.parse(JSON.stringify(openApiDocument(routes))));
    expect(exported('asyncapi.json')).toEqual(JSON.parse(JSON.stringify(asyncApiDocument())));
    expect(exported('postman.json')).toEqual(await (await gateway.fetch('/api/postman.json', { token: false })).json());
  });
});

describe('The AsyncAPI document', () => {
  it('is served', async () => {
    const answer = await gateway.fetch('/api/asyncapi.json', { token: false });
    expect([answer.status, (await answer.json()).asyncapi]).toEqual([200, expect.stringMatching(/^3\./)]);
  });
});

describe('The pages', () => {
  it.each([
    ['/', '<h1>Outlay</h1>'],
    ['/api/docs/', '<h1>Outlay</h1>'],
    ['/api/docs/swagger', 'id="swagger-ui"'],
    ['/api/docs/swagger/', 'id="swagger-ui"'],
    ['/api/docs/redoc', 'spec-url="/api/openapi.json"'],
  ])('%s is there', async (path, part) => {
    const answer = await gateway.fetch(path, { token: false });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toContain(part);
  });

  it.each([
    ['/api/docs/swagger/swagger-ui-bundle.js', 'javascript'],
    ['/api/docs/swagger/swagger-ui-standalone-preset.js', 'javascript'],
    ['/api/docs/swagger/swagger-ui-init.js', 'javascript'],
    ['/api/docs/swagger/swagger-ui.css', 'text/css'],
    ['/api/docs/redoc/redoc.standalone.js', 'javascript'],
  ])('%s is served from here', async (path, type) => {
    const answer = await gateway.fetch(path, { token: false });
    const text = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining(type)]);
    expect(text).not.toContain('cdn.redoc.ly');
  });

  it.each(['/api/docs/swagger', '/api/docs/redoc'])('%s may load nothing from elsewhere', async (path) => {
    const answer = await gateway.fetch(path, { token: false });
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).not.toMatch(/https?:|\*/);
    // Swagger UI's page names its base.
    expect(policy).toContain("base-uri 'self'");
    expect(await answer.text()).not.toMatch(/(?:src|href)=["']?https?:/);
  });

  it('answers 404 to files that are not there', async () => {
    const answer = await gateway.fetch('/api/docs/swagger/../../../package.json', { token: false });
    expect(answer.status).toBe(404);
    expect((await gateway.fetch('/api/docs/swagger/package.json', { token: false })).status).toBe(404);
  });
});
