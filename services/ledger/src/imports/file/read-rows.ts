import { Readable } from 'node:stream';
import { CsvError, type Options, parse } from 'csv-parse';
import { parse as parseAtOnce } from 'csv-parse/sync';

/** How the cells of a file are told apart. */
export interface CsvSyntax {
  delimiter: string;
  /** `none`: the file never quotes, so a quote is a character like any other. */
  quoting: 'double' | 'none';
}

/** One record of a file. */
export interface RawRow {
  /** Physical line on which it begins, from 1. */
  line: number;
  cells: string[];
}

/** Characters of one record; what is longer comes from a quote that never closes. */
const recordSizeMax = 64 * 1_024;

/** Records of a text piece by piece, without blank lines. Throws UnclosedQuote where quotes do not pair. */
export async function* readRows(text: AsyncIterable<string>, syntax: CsvSyntax): AsyncGenerator<RawRow> {
  const source = Readable.from(text);
  const parser = parse(parserOptions(syntax));
  source.once('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const parsed of parser) {
      const row = toRawRow(parsed, syntax);
      if (row) yield row;
    }
  } catch (error) {
    throw asUnclosedQuote(error);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** The first records of a text that may be cut off anywhere; what comes before a quote that does not close is kept. */
export function readFirstRows(text: string, syntax: CsvSyntax, rowsMax: number): RawRow[] {
  const rows: RawRow[] = [];
  const keep = (record: string[], info: { lines: number }): null => {
    const row = toRawRow({ record, info }, syntax);
    if (row) rows.push(row);
    return null;
  };
  try {
    parseAtOnce(text, { ...parserOptions(syntax), info: false, to: rowsMax, on_record: keep });
  } catch (error) {
    if (!(asUnclosedQuote(error) instanceof UnclosedQuote)) throw error;
  }
  return rows;
}

/** The quotes of a file do not pair: they are part of the text, or the file is damaged. */
export class UnclosedQuote extends Error {
  constructor() {
    super('A quote is opened and never closed');
    this.name = 'UnclosedQuote';
  }
}

const parserOptions = (syntax: CsvSyntax): Options => ({
  delimiter: syntax.delimiter,
  quote: syntax.quoting === 'double' ? '"' : null,
  escape: syntax.quoting === 'double' ? '"' : null,
  record_delimiter: '\n',
  relax_quotes: true,
  relax_column_count: true,
  skip_empty_lines: true,
  max_record_size: recordSizeMax,
  info: true,
});

function toRawRow(parsed: unknown, syntax: CsvSyntax): RawRow | undefined {
  const { record, info } = parsed as { record: string[]; info: { lines: number } };
  const cells = syntax.quoting === 'double' ? record : record.map((cell) => /^"(.*)"$/.exec(cell)?.[1] ?? cell);
  // A lone cell of blanks is a blank line to whoever looks at the file.
  if (cells.length === 1 && cells[0]?.trim() === '') return undefined;
  let linesWithin = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at !== -1; at = cell.indexOf('\n', at + 1)) linesWithin++;
  }
  return { line: info.lines - linesWithin, cells };
}

function asUnclosedQuote(error: unknown): unknown {
  const codes = ['CSV_QUOTE_NOT_CLOSED', 'CSV_MAX_RECORD_SIZE', 'CSV_INVALID_CLOSING_QUOTE'];
  return error instanceof CsvError && codes.includes(error.code) ? new UnclosedQuote() : error;
}
