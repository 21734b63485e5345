import type { ImportEncoding } from '@outlay/contracts';

/**
 * The encoding of a file, decided over all of its bytes: a byte order mark settles it, then UTF-8 if every byte is
 * valid in it (other encodings hardly ever are by chance), else windows-1252, of which Latin-1 is the printable part.
 */
export function recogniseEncoding(chunks: readonly Uint8Array[]): ImportEncoding {
  const head = firstBytes(chunks, 4_096);
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return withoutMark(head) ?? (isUtf8(chunks) ? 'utf-8' : 'windows-1252');
}

/** The first bytes of a file, at most so many. */
export function firstBytes(chunks: readonly Uint8Array[], size: number): Buffer {
  const taken: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunks) {
    if (length >= size) break;
    taken.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(taken).subarray(0, size);
}

/** Text of Western scripts in UTF-16 has a zero in nearly every other byte, and always in the same half of the pairs. */
function withoutMark(head: Buffer): ImportEncoding | undefined {
  const pairs = Math.floor(head.length / 2);
  if (pairs < 4) return undefined;
  let first = 0;
  let second = 0;
  for (let index = 0; index + 1 < head.length; index += 2) {
    if (head[index] === 0) first++;
    if (head[index + 1] === 0) second++;
  }
  if (second > pairs * 0.7 && first < pairs * 0.05) return 'utf-16le';
  if (first > pairs * 0.7 && second < pairs * 0.05) return 'utf-16be';
  return undefined;
}

function isUtf8(chunks: readonly Uint8Array[]): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for (const chunk of chunks) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}
