/** How the cells of a file are told apart. */
export interface CsvSyntax {
  delimiter: string;
  /**
   * `none`: the file never quotes, so a quote is a character like any other. `mended`: it quotes, and a quote that is opened
   * and not closed is text.
   */
  quoting: 'double' | 'mended' | 'none';
  /** Cells that a row has; by them lines that are rows are known where quotes are mended. */
  width?: number;
}

/** One record of a file. */
export interface RawRow {
  /** Physical line on which it begins, from 1. */
  line: number;
  /** None where the line is longer than any row of purchases. */
  cells: string[];
  /** Of `mended`: a cell stands in quotes; or begins with one that is not closed, and was taken as text. */
  quotes?: 'closed' | 'unclosed';
  /** Of the payments of one entry of a bank, its place among those that say the same; the first unless set. */
  copy?: number;
}

/** The quotes of a file do not pair: they are part of the text, or the file is damaged. */
export class UnclosedQuote extends Error {
  constructor() {
    super('A quote is opened and never closed');
    this.name = 'UnclosedQuote';
  }
}

/** Characters of one record; what is longer comes from a quote that never closes, or is no row. */
export const recordSizeMax = 64 * 1_024;

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
 * left out. Where quotes are mended, one is closed by the next that is not doubled, if a cell ends there, within 64 kB and not
 * so that each of the lines between the two is a row by itself. No more than that of the text is held: of a longer line
 * nothing is kept, and where there are none but double quotes it is taken for one of them that never closes.
 *
 * It is our own because of what files can do to the process that reads them. csv-parse, which the tests hold it against,
 * makes an error with its stack for every record of another length than the first, whether anybody asked for it or not, and
 * goes character by character: a file of narrow rows kept it busy for minutes. Papa Parse reads a text of its own
 * accord from beginning to end and gives what quotes mean another sense.
 */
export function createCsvSplitter(syntax: CsvSyntax): CsvSplitter {
  const { delimiter } = syntax;
  const splitLine = syntax.quoting === 'none' ? splitUnquoting(delimiter) : undefined;
  const isMended = syntax.quoting === 'mended';
  const isPassable = syntax.quoting !== 'double';
  let pending = '';
  let line = 1;
  let isPassing = false;

  function* split(piece: string, isLast: boolean): Generator<RawRow> {
    const text = pending + piece;
    let at = 0;
    if (isPassing) {
      const end = text.indexOf('\n');
      if (end === -1 && !isLast) return;
      yield { line: line++, cells: [] };
      isPassing = false;
      at = end === -1 ? text.length : end + 1;
    }
    let quote = -2;
    while (at < text.length) {
      const found = text.indexOf('\n', at);
      const end = found === -1 ? text.length : found;
      // Looked for once and not for each record, which would be the square of the text.
      if (splitLine === undefined && quote !== -1 && quote < at) quote = text.indexOf('"', at);
      const isPlain = splitLine !== undefined || quote === -1 || quote >= end;
      if (isPlain && found === -1 && !isLast) break;
      const read: SplitRecord | undefined = isPlain
        ? { cells: (splitLine ?? splitPlain)(text.slice(at, end), delimiter), end, linesWithin: 0 }
        : splitQuoted(text, at, { delimiter, isLast, isMended });
      if (read === undefined) break;
      const record = isMended && read.linesWithin > 0 ? (firstOfRows(text, at, read, syntax) ?? read) : read;
      const isTooLong = record.end - at > recordSizeMax;
      if (isTooLong && !(isPassable && record.linesWithin === 0)) throw new UnclosedQuote();
      if (isTooLong) yield { line, cells: [] };
      // A lone cell of blanks is a blank line to whoever looks at the file.
      else if (record.cells.length > 1 || record.cells[0]?.trim() !== '') {
        yield record.quotes ? { line, cells: record.cells, quotes: record.quotes } : { line, cells: record.cells };
      }
      line += record.linesWithin + 1;
      at = record.end + 1;
    }
    pending = text.slice(at);
    if (isPassable && pending.length > recordSizeMax && !pending.includes('\n')) {
      isPassing = true;
      pending = '';
    }
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
  quotes?: RawRow['quotes'];
}

/** How quotes are read in a text, and whether there is no more of it. */
interface Reading {
  delimiter: string;
  isLast: boolean;
  isMended: boolean;
}

/**
 * The first line of a record of several, where each of them is a row by itself: then two quotes that close nothing have come
 * to stand as if they belonged together. Undefined where it is one record.
 */
function firstOfRows(text: string, start: number, record: SplitRecord, syntax: CsvSyntax): SplitRecord | undefined {
  const { delimiter, width = 0 } = syntax;
  const reading = { delimiter, isLast: true, isMended: true };
  const isRow = ({ cells }: SplitRecord): boolean =>
    cells.length >= width && cells.slice(width).every((cell) => cell.trim() === '');
  const lines = text.slice(start, record.end).split('\n');
  const rows = lines.map((line) => splitQuoted(line, 0, reading));
  const [first] = rows;
  if (width < 2 || !first || !rows.every((row) => row && isRow(row))) return undefined;
  return { ...first, end: start + first.end, quotes: 'unclosed' };
}

/** A record with quotes in it; undefined where the text ends before it does. */
function splitQuoted(text: string, start: number, reading: Reading): SplitRecord | undefined {
  const { delimiter, isLast, isMended } = reading;
  const cells: string[] = [];
  let linesWithin = 0;
  let quotes: RawRow['quotes'];
  for (let at = start; ; at++) {
    let cell = '';
    let tail = at;
    if (text[at] === '"') {
      const quoted = readQuoted(text, at, reading, start + recordSizeMax);
      if (!quoted) return undefined;
      cell = quoted.text;
      tail = quoted.end;
      if (isMended && quotes !== 'unclosed') quotes = quoted.quotes ?? quotes;
      for (let found = cell.indexOf('\n'); found !== -1; found = cell.indexOf('\n', found + 1)) linesWithin++;
    }
    at = tail;
    while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++;
    cells.push(cell + text.slice(tail, at));
    const isOver = at >= text.length;
    if (isOver && !isLast) return undefined;
    if (isOver || text[at] === '\n') return { cells, end: at, linesWithin, ...(quotes && { quotes }) };
  }
}

interface Quoted {
  text: string;
  end: number;
  quotes?: RawRow['quotes'];
}

/**
 * What stands in quotes, and where it ends. A quote in the middle of it that is not doubled shows that the first one was
 * text as well, and the rest of the cell is plain; where quotes are mended, the cell is so from its beginning if that other
 * quote stands on another line or begins a cell of its own, and if there is none before `limit`. Undefined where the text
 * ends before that is known.
 */
function readQuoted(
  text: string,
  start: number,
  { delimiter, isLast, isMended }: Reading,
  limit: number,
): Quoted | undefined {
  const unclosed: Quoted = { text: '"', end: start + 1, quotes: 'unclosed' };
  let value = '';
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    // Not before so much of the text is there, as what is read must not depend on the pieces in which it comes.
    if (isMended && (quote === -1 || quote >= limit)) return isLast || text.length > limit ? unclosed : undefined;
    if (quote === -1 || (quote + 1 >= text.length && !isLast)) return undefined;
    value += text.slice(from, quote);
    const next = text[quote + 1];
    if (next !== '"') {
      if (next === undefined || next === delimiter || next === '\n') {
        return { text: value, end: quote + 1, quotes: 'closed' };
      }
      if (isMended && (text[quote - 1] === delimiter || value.includes('\n'))) return unclosed;
      return { text: `"${value}"`, end: quote + 1 };
    }
    value += '"';
    from = quote + 2;
  }
}
