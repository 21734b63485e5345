import { idNameOf, singularOf } from '../id-names.ts';
import { type ApiDocument, answerSchemaOf, type Json, type Operation } from './api-document.ts';

/** The variables of the collection: where and as whom, and the ids of what requests have made. */
export function variablesOf(operations: readonly Operation[], remembered: ReadonlySet<string>): Json[] {
  const named = operations.flatMap((operation) =>
    parametersOf(operation).map((name) => idNameOf(operation.path, name)),
  );
  const ids = [...new Set([...remembered, ...named])].filter((name) => name !== 'tenant_id').sort();
  return [
    { key: 'base_url', value: 'http://localhost:8080', description: 'Where the platform is.' },
    { key: 'email', value: 'owner@acme.com', description: 'Who logs in. Registering a tenant puts its owner here.' },
    { key: 'password', value: 'Password123' },
    { key: 'jwt_token', value: '', description: 'The access token. Kept by logging in.' },
    { key: 'refresh_token', value: '', description: 'Kept by logging in.' },
    { key: 'tenant_id', value: '', description: 'The tenant of the session. Kept by logging in.' },
    ...ids.map((key) => ({ key, value: '' })),
  ];
}

/** What fills a parameter of a path. */
export function placeholderOf(operation: Operation, parameter: string): string {
  return `{{${idNameOf(operation.path, parameter)}}}`;
}

/** The variable that keeps the id of what an operation makes; undefined where it makes nothing that has one. */
export function idRememberedBy(operation: Operation, document: ApiDocument): string | undefined {
  if (operation.method !== 'post' || !answerSchemaOf(operation, document)?.properties?.id) return undefined;
  const last = operation.path.split('/').at(-1) ?? '';
  return isPlural(last) ? `${singularOf(last)}_id` : undefined;
}

/** What a request keeps of its answer. */
export function scriptOf(operation: Operation, document: ApiDocument): string[] {
  const fields = answerSchemaOf(operation, document)?.properties ?? {};
  const lines: string[] = [];
  if ('access_token' in fields && 'refresh_token' in fields) {
    lines.push("if (answer.access_token) pm.collectionVariables.set('jwt_token', answer.access_token);");
    lines.push("if (answer.refresh_token) pm.collectionVariables.set('refresh_token', answer.refresh_token);");
    lines.push("if (answer.tenant) pm.collectionVariables.set('tenant_id', answer.tenant.id);");
  }
  if (operation.operationId === 'registerTenant') {
    lines.push("pm.collectionVariables.set('email', answer.user.email);");
    lines.push("pm.collectionVariables.set('password', JSON.parse(pm.request.body.raw).owner_password);");
  }
  const id = idRememberedBy(operation, document);
  if (id) lines.push(`pm.collectionVariables.set('${id}', answer.id);`);
  if (lines.length === 0) return [];
  return [
    'if (pm.response.code < 400) {',
    '  const answer = pm.response.json();',
    ...lines.map((line) => `  ${line}`),
    '}',
  ];
}

function parametersOf({ path }: Operation): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1]));
}

function isPlural(segment: string): boolean {
  return segment.endsWith('s');
}
