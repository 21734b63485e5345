import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { asyncApiDocument } from '@outlay/contracts';
import { routes } from '../routes/index.ts';
import { openApiDocument } from './openapi-document.ts';
import { postmanCollectionOf } from './postman/postman-collection.ts';

/**
 * Writes the documents of the API to docs/api, for those who read the repository; with `--check` only says whether
 * what is there is what the code says.
 */
const openApi = openApiDocument(routes);
const documents = {
  'openapi.json': openApi,
  'asyncapi.json': asyncApiDocument(),
  'postman.json': postmanCollectionOf(openApi),
};

const folder = new URL('../../../../docs/api/', import.meta.url);
const isCheck = process.argv.includes('--check');
let drifted = 0;

for (const [name, document] of Object.entries(documents)) {
  const file = new URL(name, folder);
  if (!isCheck) writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  else if (!isDeepStrictEqual(read(file), JSON.parse(JSON.stringify(document)))) {
    process.stderr.write(`docs/api/${name} is not what the code says: run npm run docs:export -w @outlay/gateway\n`);
    drifted += 1;
  }
}
process.exitCode = drifted > 0 ? 1 : 0;

function read(file: URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
