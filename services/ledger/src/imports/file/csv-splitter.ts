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

/** The quotes of a file do not pair: they are part of the text, or the file is damaged. */
export class UnclosedQuote extends Error {
  constructor() {
    super('A quote is opened and never closed');
    this.name = 'UnclosedQuote';
  }
}

/** Characters of one record; what is longer comes from a quote that never closes. */
const recordSizeMax = 64 * 1_024;

/** Splits the text of a file into records. */
export interface CsvSplitter {
  /** The records that end in the next piece of the text. Throws UnclosedQuote. */
  take(piece: string): Iterable<RawRow>;
  /** What is left at the end of the text. Throws UnclosedQuote. */
  end(): Iterable<RawRow>;
}

/**
 * Splits text whose lines end in `\n` as RFC 4180 says, and as files of banks really are: records may be of any length, and
 * a quote that does not begin a cell, or is not followed by a delimiter where it should close one, is text. Blank lines are
 * left out.
 *
 * It is our own because of what files can do to the process that reads them. csv-parse, which the tests hold it against,
 * makes an error with its stack for every record of another length than the first, whether anybody asked for it or not, and
 * goes character by character: a file of narrow rows kept it busy for minutes. Papa Parse reads a text of its own
 * accord from beginning to end and gives what quotes mean another sense.
 */
export function createCsvSplitter(syntax: CsvSyntax): CsvSplitter {
  const splitLine = syntax.quoting === 'double' ? undefined : splitUnquoting(syntax.delimiter);
  let pending = '';
  let line = 1;

  function* split(piece: string, isLast: boolean): Generator<RawRow> {
    const text = pending + piece;
    let at = 0;
    let quote = -2;
    while (at < text.length) {
      const found = text.indexOf('\n', at);
      const end = found === -1 ? text.length : found;
      // Looked for once and not for each record, which would be the square of the text.
      if (splitLine === undefined && quote !== -1 && quote < at) quote = text.indexOf('"', at);
      const isPlain = splitLine !== undefined || quote === -1 || quote >= end;
      if (isPlain && found === -1 && !isLast) break;
      const record = isPlain
        ? { cells: (splitLine ?? splitPlain)(text.slice(at, end), syntax.delimiter), end, linesWithin: 0 }
        : splitQuoted(text, at, syntax.delimiter, isLast);
      if (record === undefined) break;
      if (record.end - at > recordSizeMax) throw new UnclosedQuote();
      // A lone cell of blanks is a blank line to whoever looks at the file.
      if (record.cells.length > 1 || record.cells[0]?.trim() !== '') yield { line, cells: record.cells };
      line += record.linesWithin + 1;
      at = record.end + 1;
    }
    pending = text.slice(at);
    if (pending.length > recordSizeMax || (isLast && pending !== '')) throw new UnclosedQuote();
  }

  return { take: (piece) => split(piece, false), end: () => split('', true) };
}

const splitPlain = (line: string, delimiter: string): string[] => line.split(delimiter);

/** Of a file that never quotes; a cell may be in quotes all the same. */
const splitUnquoting =
  (delimiter: string) =>
  (line: string): string[] =>
    line.split(delimiter).map((cell) => /^"(.*)"$/.exec(cell)?.[1] ?? cell);

interface SplitRecord {
  cells: string[];
  /** Where its line end is, or the end of the text. */
  end: number;
  /** Line ends in its cells. */
  linesWithin: number;
}

/** A record with quotes in it; undefined where the text ends before it does. */
function splitQuoted(text: string, start: number, delimiter: string, isLast: boolean): SplitRecord | undefined {
  const cells: string[] = [];
  let linesWithin = 0;
  for (let at = start; ; at++) {
    let cell = '';
    let tail = at;
    if (text[at] === '"') {
      const quoted = readQuoted(text, at, delimiter, isLast);
      if (!quoted) return undefined;
      cell = quoted.text;
      tail = quoted.end;
      for (let found = cell.indexOf('\n'); found !== -1; found = cell.indexOf('\n', found + 1)) linesWithin++;
    }
    at = tail;
    while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++;
    cells.push(cell + text.slice(tail, at));
    if (at >= text.length) return isLast ? { cells, end: at, linesWithin } : undefined;
    if (text[at] === '\n') return { cells, end: at, linesWithin };
  }
}

/**
 * What stands in quotes, and where it ends. A quote in the middle of it that is not doubled shows that the first one was
 * text as well, and the rest of the cell is plain. Undefined where the text ends before that is known.
 */
function readQuoted(
  text: string,
  start: number,
  delimiter: string,
  isLast: boolean,
): { text: string; end: number } | undefined {
  let value = '';
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote === -1 || (quote + 1 >= text.length && !isLast)) return undefined;
    value += text.slice(from, quote);
    const next = text[quote + 1];
    if (next !== '"') {
      const isClosed = next === undefined || next === delimiter || next === '\n';
      return { text: isClosed ? value : `"${value}"`, end: quote + 1 };
    }
    value += '"';
    from = quote + 2;
  }
}
