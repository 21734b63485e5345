import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generate } from './generate.ts';

const root = resolve(import.meta.dirname, '..');

await generate((line) => console.error(line));
// By this the bootstrap tells an install that is out of date from a lock file that was only touched.
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
writeFileSync(join(root, 'node_modules', '.outlay-installed'), lock);
