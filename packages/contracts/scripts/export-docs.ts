import { readFileSync, writeFileSync } from 'node:fs';
import { asyncApiDocument } from '../src/asyncapi/document.ts';

const target = new URL('../../../docs/api/asyncapi.json', import.meta.url);
const text = `${JSON.stringify(asyncApiDocument(), null, 2)}\n`;

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write('docs/api/asyncapi.json is not what the catalogue says: run `npm run docs:export`.\n');
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
