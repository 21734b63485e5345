import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generate } from './generate.ts';

const root = resolve(import.meta.dirname, '..');

// An install for production alone (--omit=dev) lacks the generators; its code was generated where it was built.
if (existsSync(join(root, 'node_modules/@bufbuild/buf'))) await generate((line) => console.error(line));
// By this the bootstrap tells an install that is out of date from a lock file that was only touched.
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
writeFileSync(join(root, 'node_modules', '.outlay-installed'), lock);
