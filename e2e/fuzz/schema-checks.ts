import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { ApiDocument, Schema } from './api-document.ts';

/** What is wrong with a value by a schema of the document; empty where nothing is. */
export type SchemaCheck = (schema: Schema, value: unknown) => ErrorObject[];

/** Holds values against the schemas of the document; each is compiled once. */
export function createSchemaCheck(document: ApiDocument): SchemaCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // The package is CommonJS: its default export is the function itself at run time.
  (addFormatsModule as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addFormat('binary', true);
  ajv.addSchema({ $id: 'document', ...document.json });
  const compiled = new Map<Schema, ValidateFunction>();
  return (schema, value) => {
    let check = compiled.get(schema);
    if (check === undefined) {
      check = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')));
      compiled.set(schema, check);
    }
    return check(value) ? [] : (check.errors ?? []);
  };
}
