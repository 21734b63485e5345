import { readdirSync, renameSync, statSync } from 'node:fs';
import { local } from './local-files.ts';

const largeBytes = 20 * 1024 * 1024;

/** Logs are appended to from start to start; one that has grown large becomes `<name>.log.old`, in place of the one before. */
export function setAsideLargeLogs(): void {
  for (const name of readdirSync(local('logs'))) {
    const file = local('logs', name);
    if (name.endsWith('.log') && statSync(file).size > largeBytes) renameSync(file, `${file}.old`);
  }
}
