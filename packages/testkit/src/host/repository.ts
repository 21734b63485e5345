import { resolve } from 'node:path';

/** The root of the repository. */
export const repositoryRoot = resolve(import.meta.dirname, '../../../..');
