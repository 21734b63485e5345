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

export const readSample = (path: string): SampleFile => ({ name: basename(path), bytes: readFileSync(path) });
