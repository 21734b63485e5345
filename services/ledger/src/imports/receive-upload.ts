import { createHash } from 'node:crypto';
import type { ledger } from '@outlay/contracts';
import { invalid } from '@outlay/platform';
import type { UploadShare } from './upload-budget.ts';

/** A file as it was sent. */
export interface UploadedFile {
  name: string;
  contentType: string;
  /** Its bytes in pieces of at most chunkSize. */
  chunks: Buffer[];
  size: number;
  /** SHA-256 of its bytes. */
  hash: Buffer;
  /** Whether it is only looked at. */
  isPreview: boolean;
  /** How the client says that it is to be read, and which saved mapping says so. */
  rules: ledger.ImportMappingRules | undefined;
  mappingId: string | undefined;
}

/** Largest file that is taken: 20 MiB. */
export const fileSizeMax = 20 * 1_024 * 1_024;

/** Size of the pieces a file is stored in. */
export const chunkSize = 256 * 1_024;

/**
 * Collects a file from its stream: a message that describes it, its bytes, a message that says how many they were. They
 * are held in memory, at most sizeMax and as far as the share has room. A stream whose sender went away ends like one
 * that is whole, hence the last message: without it nothing is taken. Throws invalid with details on `file`:
 * file_missing, file_repeated, file_too_large, file_empty, file_cut_off.
 */
export async function receiveUpload(
  parts: AsyncIterable<ledger.StartImportRequest>,
  share: Pick<UploadShare, 'take'>,
  sizeMax = fileSizeMax,
): Promise<UploadedFile> {
  let file: ledger.ImportFile | undefined;
  let sizeSent: bigint | undefined;
  const chunks: Buffer[] = [];
  let pending: Uint8Array[] = [];
  let pendingSize = 0;
  let size = 0;
  const hash = createHash('sha256');
  const flush = (): void => {
    const joined = Buffer.concat(pending);
    for (let at = 0; at < joined.length; at += chunkSize) chunks.push(joined.subarray(at, at + chunkSize));
    pending = [];
    pendingSize = 0;
  };

  for await (const { part } of parts) {
    if (part?.$case === 'file') {
      if (file) throw invalid('file', 'file_repeated', 'is described twice');
      file = part.value;
    }
    if (part?.$case === 'end') sizeSent = part.value.size;
    if (part?.$case !== 'chunk') continue;
    if (!file) throw invalid('file', 'file_missing', 'must be described before its bytes');
    const { value: bytes } = part;
    size += bytes.length;
    if (size > sizeMax) throw invalid('file', 'file_too_large', `is larger than ${sizeMax / 1_024 / 1_024} MB`);
    share.take(bytes.length);
    hash.update(bytes);
    pending.push(bytes);
    pendingSize += bytes.length;
    if (pendingSize >= chunkSize) flush();
  }
  flush();
  if (!file) throw invalid('file', 'file_missing', 'is missing');
  if (size === 0) throw invalid('file', 'file_empty', 'is empty');
  if (sizeSent !== BigInt(size)) throw invalid('file', 'file_cut_off', 'did not arrive whole');
  return {
    ...{ name: plainName(file.name), contentType: plain(file.contentType, 100), chunks, size, hash: hash.digest() },
    isPreview: file.dryRun,
    rules: file.mapping,
    mappingId: file.mappingId === '' ? undefined : file.mappingId,
  };
}

/** The last part of a path. */
const plainName = (name: string): string => plain(name.split(/[/\\]/).at(-1) ?? '', 255);

/** Text without what cannot be stored or shown. */
const plain = (text: string, lengthMax: number): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, lengthMax)
    .toWellFormed();
