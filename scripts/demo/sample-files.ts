import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SampleFile {
  name: string;
  bytes: Buffer;
}

const folder = new URL('../../services/ledger/test/fixtures/purchase-cards/', import.meta.url);

/** Two months of purchases on the corporate cards of a city, as it publishes them. */
export const sampleFiles = (): SampleFile[] =>
  ['201701', '201705'].map((month) =>
    readSample(fileURLToPath(new URL(`purchase-card-transactions-${month}.csv`, folder))),
  );

/** A file that somebody names; throws in plain words where it cannot be read. */
export function readSample(path: string): SampleFile {
  try {
    return { name: basename(path), bytes: readFileSync(path) };
  } catch (error) {
    const { code } = Object(error) as { code?: string };
    throw new Error(code === 'ENOENT' ? `There is no file ${path}` : `${path} cannot be read (${code})`, {
      cause: error,
    });
  }
}
