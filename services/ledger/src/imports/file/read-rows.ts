import { type CsvSyntax, createCsvSplitter, type RawRow, UnclosedQuote } from './csv-splitter.ts';

/** Records of a text piece by piece, without blank lines. Throws UnclosedQuote where quotes do not pair. */
export async function* readRows(text: AsyncIterable<string>, syntax: CsvSyntax): AsyncGenerator<RawRow> {
  const splitter = createCsvSplitter(syntax);
  for await (const piece of text) {
    for (const row of splitter.take(piece)) yield row;
  }
  for (const row of splitter.end()) yield row;
}

/** The first records of a text that may be cut off anywhere; what comes before a quote that does not close is kept. */
export function readFirstRows(text: string, syntax: CsvSyntax, rowsMax: number): RawRow[] {
  const splitter = createCsvSplitter(syntax);
  const rows: RawRow[] = [];
  try {
    for (const read of [splitter.take(text), splitter.end()]) {
      for (const row of read) if (rows.push(row) === rowsMax) return rows;
    }
  } catch (error) {
    if (!(error instanceof UnclosedQuote)) throw error;
  }
  return rows;
}
