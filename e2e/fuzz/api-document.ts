/** A JSON Schema, as far as values are made from it here; the rest is ajv's. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  examples?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, unknown>;
}

export interface DocumentedAnswer {
  content?: Record<string, Media>;
}

/** One operation of the API, its references to parameters and answers followed. */
export interface Operation {
  id: string;
  method: string;
  path: string;
  isPublic: boolean;
  isForPlatformAdmin: boolean;
  /** What an API key needs; undefined where keys may not at all. */
  scope: string | undefined;
  needsFreshLogin: boolean;
  parameters: Parameter[];
  body: Record<string, Media> | undefined;
  bodyRequired: boolean;
  answers: Record<string, DocumentedAnswer>;
}

export interface ApiDocument {
  operations: Operation[];
  /** The document as it came, for ajv. */
  json: Record<string, unknown>;
  /** Follows a reference within the document. */
  resolve: <T extends object>(node: T | Reference) => T;
}

type Reference = { $ref?: string };

type RawOperation = {
  operationId: string;
  security?: unknown[];
  parameters?: (Parameter | Reference)[];
  requestBody?: { content: Record<string, Media>; required?: boolean };
  responses: Record<string, DocumentedAnswer | Reference>;
  'x-platform-admin'?: boolean;
  'x-scope'?: string;
  'x-fresh-login'?: boolean;
};

/** Reads the document that a platform serves: what is documented there is what its clients go by. */
export async function readApiDocument(gatewayUrl: string): Promise<ApiDocument> {
  const json = (await (await fetch(`${gatewayUrl}/api/openapi.json`)).json()) as Record<string, unknown>;
  const resolve = <T extends object>(node: T | Reference): T => {
    const reference = (node as Reference).$ref;
    if (reference === undefined) return node as T;
    const keys = reference.slice(2).split('/');
    const found = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], json);
    return resolve(found as T);
  };
  const paths = json.paths as Record<string, Record<string, RawOperation>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, raw]): Operation => ({
        id: raw.operationId,
        method: method.toUpperCase(),
        path,
        isPublic: raw.security?.length === 0,
        isForPlatformAdmin: raw['x-platform-admin'] === true,
        scope: raw['x-scope'],
        needsFreshLogin: raw['x-fresh-login'] === true,
        parameters: (raw.parameters ?? []).map((parameter) => resolve<Parameter>(parameter)),
        body: raw.requestBody?.content,
        bodyRequired: raw.requestBody?.required ?? false,
        answers: Object.fromEntries(
          Object.entries(raw.responses).map(([status, answer]) => [status, resolve<DocumentedAnswer>(answer)]),
        ),
      }),
    ),
  );
  return { operations, json, resolve };
}
