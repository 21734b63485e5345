import { createHash } from 'node:crypto';
import type { ledger } from '@outlay/contracts';
import { invalid } from '@outlay/platform';
import type { RateFile } from './import-platform-rates.ts';

/** The ECB's file of all days since 1999 has some 10 MB. */
export const rateFileSizeMax = 32 * 1_024 * 1_024;

/**
 * A file of rates from pieces of unknown origin, read as they come and kept nowhere. Throws invalid on `file`
 * (file_too_large, file_empty) while it is read.
 */
export function toRateFile(chunks: AsyncIterable<Uint8Array>, sizeMax = rateFileSizeMax): RateFile {
  const hash = createHash('sha256');
  async function* followed(): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > sizeMax) throw invalid('file', 'file_too_large', `is larger than ${sizeMax / 1_024 / 1_024} MB`);
      hash.update(chunk);
      yield chunk;
    }
    if (size === 0) throw invalid('file', 'file_empty', 'is empty');
  }
  return { chunks: followed(), hash: () => hash.digest() };
}

/**
 * The bytes of a file that comes as a stream. One whose sender went away ends like one that is whole, hence the last
 * message, which says how many bytes there were: without it nothing is taken (invalid `file_cut_off`).
 */
export async function* readParts(parts: AsyncIterable<ledger.ImportPlatformRatesRequest>): AsyncGenerator<Uint8Array> {
  let size = 0;
  let sizeSent: bigint | undefined;
  for await (const { part } of parts) {
    if (part?.$case === 'end') sizeSent = part.value.size;
    if (part?.$case !== 'chunk') continue;
    size += part.value.length;
    yield part.value;
  }
  if (sizeSent !== BigInt(size)) throw invalid('file', 'file_cut_off', 'did not arrive whole');
}
