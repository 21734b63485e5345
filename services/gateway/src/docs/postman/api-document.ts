export type Json = Record<string, unknown>;

export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

export interface Content {
  [type: string]: { schema: Schema; example?: unknown };
}

export interface Operation {
  path: string;
  method: string;
  operationId: string;
  summary: string;
  description?: string;
  tags: readonly string[];
  security?: unknown[];
  'x-within-tenant'?: boolean;
  parameters?: (Parameter | Reference)[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, Json>;
}

/** As much of the OpenAPI document as is looked at here. */
export interface ApiDocument {
  info: { title: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Omit<Operation, 'path' | 'method'>>>;
}

interface Reference {
  $ref: string;
}

/** Every operation, in the order of the document. */
export function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );
}

/** Follows a reference within the document. */
export function resolveIn<T>(document: ApiDocument, node: unknown): T {
  const $ref = (node as Partial<Reference>).$ref;
  if ($ref === undefined) return node as T;
  const found = $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Json)[key], document);
  return found as T;
}

/** The schema of what an operation answers when it succeeds. */
export function answerSchemaOf(operation: Operation, document: ApiDocument): Schema | undefined {
  for (const [status, given] of Object.entries(operation.responses)) {
    if (!status.startsWith('2')) continue;
    const schema = resolveIn<{ content?: Content }>(document, given).content?.['application/json']?.schema;
    if (schema) return resolveIn<Schema>(document, schema);
  }
  return undefined;
}
