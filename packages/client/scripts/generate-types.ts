import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import ts from 'typescript';

/**
 * Makes the types of the client from docs/api/openapi.json. This runs on the TypeScript 5 of this workspace: the
 * generator needs the compiler API, which TypeScript 7 does not have.
 */
const text = readFileSync(new URL('../../../docs/api/openapi.json', import.meta.url), 'utf8');
const document = JSON.parse(text) as OpenAPI3 & {
  components: { schemas: { Problem: { properties: { code: { 'x-extensible-enum': string[] } } } } };
};

const types = await openapiTS(document, {
  rootTypes: true,
  rootTypesNoSchemaPrefix: true,
  // What has a default may be left out.
  defaultNonNullable: false,
  transform: (schema) => ('format' in schema && schema.format === 'binary' ? blob() : undefined),
});
const codes = document.components.schemas.Problem.properties.code['x-extensible-enum'];
const problemCode = `/** The codes of problems that were known when this was made; a newer platform may answer others. */
export type ProblemCode = ${codes.map((code) => JSON.stringify(code)).join(' | ')};`;

const target = new URL('../generated/openapi.ts', import.meta.url);
mkdirSync(new URL('.', target), { recursive: true });
writeFileSync(target, `${astToString(types)}\n${problemCode}\n`);

function blob(): ts.TypeNode {
  return ts.factory.createTypeReferenceNode('Blob');
}
