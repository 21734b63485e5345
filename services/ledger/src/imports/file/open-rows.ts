import type { RawRow } from './csv-splitter.ts';
import { decodeText } from './decode-text.ts';
import type { FileFormat } from './file-format.ts';
import { inTurns } from './next-turn.ts';
import { readRows } from './read-rows.ts';
import { readCamt } from './statements/read-camt.ts';
import { readOfx } from './statements/read-ofx.ts';

/** Reads the bytes of a stored file from its beginning, as often as it is asked. */
export type OpenFile = () => AsyncIterable<Uint8Array>;

/**
 * The rows of a file, its header among them where it has one; bookings of a statement are rows as well. While they are read
 * and dealt with, everything else in the process has its turn every few milliseconds.
 */
export function openRows(
  open: OpenFile,
  format: Pick<FileFormat, 'kind' | 'encoding' | 'delimiter' | 'quoting'> & { width?: number },
): AsyncGenerator<RawRow> {
  return inTurns(readText(decodeText(open(), format.encoding), format));
}

function readText(
  text: AsyncIterable<string>,
  format: Pick<FileFormat, 'kind' | 'delimiter' | 'quoting'> & { width?: number },
): AsyncGenerator<RawRow> {
  switch (format.kind) {
    case 'ofx':
      return readOfx(text);
    case 'camt053':
      return readCamt(text);
    case 'csv':
    case 'outlay':
      return readRows(text, format);
  }
}
