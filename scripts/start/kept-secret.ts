import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { local } from './local-files.ts';

const fileOf = (name: string): string => local('secrets', name);

/** Whether it was made here before. */
export const isKept = (name: string): boolean => existsSync(fileOf(name));

/** A random secret that is made at the first start and kept, readable by its owner alone. */
export function keptSecret(name: string): string {
  const file = fileOf(name);
  if (!isKept(name)) {
    mkdirSync(local('secrets'), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
