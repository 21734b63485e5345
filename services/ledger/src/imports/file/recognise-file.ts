import { decodeText } from './decode-text.ts';
import type { FileFormat } from './file-format.ts';
import { readRows, UnclosedQuote } from './read-rows.ts';
import type { Encoding } from './recognise-encoding.ts';
import type { Layout } from './recognise-layout.ts';
import { MisleadingQuotes, recogniseValues } from './recognise-values.ts';

/** Reads the bytes of a stored file from its beginning, as often as it is asked. */
export type OpenFile = () => AsyncIterable<Uint8Array>;

/**
 * Completes what the head of a file told with what all of its rows tell, in one pass (two where its quotes turn out to
 * be part of the text). Memory does not grow with the file.
 */
export async function recogniseFile(
  open: OpenFile,
  head: { encoding: Encoding; layout: Layout },
  given: { today: string; currency: string },
): Promise<{ format: FileFormat; rowsTotal: number }> {
  const { encoding, layout } = head;
  const attempt = async (quoting: FileFormat['quoting']) => {
    const rows = readRows(decodeText(open(), encoding), { delimiter: layout.delimiter, quoting });
    const { rowsTotal, ...values } = await recogniseValues(rows, layout, given);
    const { delimiter, headerLine, header, columns } = layout;
    return {
      format: { encoding, delimiter, quoting, headerLine, width: header.length, columns, ...values },
      rowsTotal,
    };
  };
  try {
    return await attempt('double');
  } catch (error) {
    if (!(error instanceof UnclosedQuote || error instanceof MisleadingQuotes)) throw error;
    return attempt('none');
  }
}
