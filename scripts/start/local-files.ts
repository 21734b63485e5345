import { join, resolve } from 'node:path';
import { repositoryRoot } from '@outlay/testkit/host';

/** A path under the folder that holds what `npm start` keeps: data, logs, mail, secrets. */
export function local(...parts: string[]): string {
  return join(resolve(repositoryRoot, process.env.OUTLAY_DATA ?? '.outlay'), ...parts);
}
