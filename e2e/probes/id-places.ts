import type { ApiDocument, Operation, Schema } from '../fuzz/api-document.ts';
import { idKind } from '../fuzz/operation-needs.ts';
import { type GeneratedRequest, plainRequest } from '../fuzz/requests.ts';

/** What an id names. Cursors and idempotency keys name nothing that is anybody's, but carry what was one's own. */
export const idKinds = [
  'expense',
  'category',
  'parent',
  'account',
  'project',
  'import',
  'import_mapping',
  'mapping',
  'exchange_rate',
  'user',
  'member',
  'invitation',
  'api_key',
  'session',
  'tenant',
  'entity',
  'actor',
  'cursor',
  'key',
] as const;
export type IdKind = (typeof idKinds)[number];

/** A place in a request of an operation where an id can stand. */
export interface IdPlace {
  /** Such as `body category_id`. */
  name: string;
  kind: IdKind;
  /** The documented request with this id in the place. */
  with: (id: string) => GeneratedRequest;
}

/** Every place of an operation where an id can stand. Throws for one whose kind is not known: it would go without a probe. */
export function idPlacesOf(operation: Operation, document: ApiDocument): IdPlace[] {
  const plain = plainRequest(operation, document);
  const parameters = operation.parameters.flatMap(({ in: where, name, schema }): IdPlace[] => {
    if (where === 'path') {
      const kind = kindOf(idKind(operation) || name, operation);
      const fill = (id: string) => ({ ...plain, path: operation.path.replace(`{${name}}`, id) });
      return [{ name: `path ${name}`, kind, with: fill }];
    }
    if (where === 'header') {
      const kind = headerKinds[name];
      const fill = (id: string) => ({ ...plain, headers: { ...plain.headers, [name.toLowerCase()]: id } });
      return kind === undefined ? [] : [{ name: `header ${name}`, kind, with: fill }];
    }
    if (!isId(name, schema, document) && name !== 'cursor') return [];
    const fill = (id: string) => ({
      ...plain,
      path: `${plain.path}${plain.path.includes('?') ? '&' : '?'}${name}=${id}`,
    });
    return [{ name: `query ${name}`, kind: kindOf(name, operation), with: fill }];
  });
  const schema = document.resolve(operation.body?.['application/json']?.schema ?? {});
  const fields = idFieldsOf(schema, document, []).map((path): IdPlace => {
    const fill = (id: string) => ({ ...plain, body: withField(plain.body ?? '{}', path, id) });
    return { name: `body ${path.join('.')}`, kind: kindOf(path.at(-1) ?? '', operation), with: fill };
  });
  return [...parameters, ...fields];
}

const headerKinds: Record<string, IdKind> = { 'X-Tenant-Id': 'tenant', 'Idempotency-Key': 'key' };

function kindOf(name: string, operation: Operation): IdKind {
  const kind = idKinds.find((known) => known === name.replace(/_ids?$/, ''));
  if (kind === undefined) throw new Error(`${operation.id} takes an id in ${name}, of which there is no probe`);
  return kind;
}

/** By its format or by its name: some take a name in the place of the id. */
function isId(name: string, schema: Schema, document: ApiDocument): boolean {
  return /_ids?$/.test(name) || isUuid(schema, document);
}

function isUuid(schema: Schema, document: ApiDocument): boolean {
  const full = document.resolve<Schema>(schema);
  const options = [...(full.anyOf ?? []), ...(full.items ? [full.items] : [])];
  return full.format === 'uuid' || options.some((option) => isUuid(option, document));
}

/** The paths of all ids in a body, those in objects within it too. */
function idFieldsOf(schema: Schema, document: ApiDocument, path: string[]): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = document.resolve<Schema>(field);
    return isId(name, full, document) ? [[...path, name]] : idFieldsOf(full, document, [...path, name]);
  });
}

/** The body with the id in it; its text has a character per byte before and after. */
function withField(body: string, path: string[], id: string): string {
  const whole = JSON.parse(Buffer.from(body, 'latin1').toString());
  const parents = path.slice(0, -1);
  const parent = parents.reduce((at, name) => {
    at[name] ??= {};
    return at[name];
  }, whole);
  parent[path.at(-1) ?? ''] = id;
  return Buffer.from(JSON.stringify(whole)).toString('latin1');
}
