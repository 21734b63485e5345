import { decodeText } from './decode-text.ts';
import type { FileFormat } from './file-format.ts';
import { readRows, UnclosedQuote } from './read-rows.ts';
import type { Encoding } from './recognise-encoding.ts';
import type { Layout } from './recognise-layout.ts';
import { recogniseValues } from './recognise-values.ts';

/** Reads the bytes of a stored file from its beginning, as often as it is asked. */
export type OpenFile = () => AsyncIterable<Uint8Array>;

interface RecognisedFile {
  format: FileFormat;
  rowsTotal: number;
}

/**
 * Completes what the head of a file told with what all of its rows tell, in one pass; two where its quotes may be part of
 * the text, as in files of programs that never quote. Then the reading wins under which more rows have the cells of the
 * header. Memory does not grow with the file.
 */
export async function recogniseFile(
  open: OpenFile,
  head: { encoding: Encoding; layout: Layout },
  given: { today: string; currency: string },
): Promise<RecognisedFile> {
  const quoted = await read('double', open, head, given).catch((error: unknown) => {
    if (error instanceof UnclosedQuote) return undefined;
    throw error;
  });
  if (quoted && !quoted.hasDoubtfulQuotes) return quoted;
  const plain = await read('none', open, head, given);
  return quoted && quoted.rowsFitting >= plain.rowsFitting ? quoted : plain;
}

async function read(
  quoting: FileFormat['quoting'],
  open: OpenFile,
  { encoding, layout }: { encoding: Encoding; layout: Layout },
  given: { today: string; currency: string },
): Promise<RecognisedFile & { rowsFitting: number; hasDoubtfulQuotes: boolean }> {
  const { delimiter, headerLine } = layout;
  const rows = readRows(decodeText(open(), encoding), { delimiter, quoting });
  const { rowsTotal, rowsFitting, hasDoubtfulQuotes, ...values } = await recogniseValues(rows, layout, given);
  // Delimiters at the end of each line make columns without a name, and nothing belongs there.
  const width = layout.header.findLastIndex((cell) => cell.trim() !== '') + 1;
  const format = { encoding, delimiter, quoting, headerLine, width, ...values };
  return { format, rowsTotal, rowsFitting, hasDoubtfulQuotes };
}
