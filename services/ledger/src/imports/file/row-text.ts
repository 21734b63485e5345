import type { Column } from './recognise-columns.ts';
import { RefusedRow } from './row-fault.ts';

/** What spreadsheets and reports write where there is nothing. */
const blank = /^(-+|\.|n\/a|null|nil|\(blank\)|#(n\/a|n\/d|ref!|value!|name\?|null!|num!|div\/0!)|#.*\?!?)$/i;

/** A cell without the blanks around it; empty where the row ends before it. */
export const cellOf = (cells: readonly string[], column: Column): string => cells[column.index]?.trim() ?? '';

/** The text of a cell, empty where it says that there is none. Throws RefusedRow for text that cannot be stored. */
export function textOf(cells: readonly string[], column: Column | undefined): string {
  if (!column) return '';
  const cell = cellOf(cells, column);
  if (cell.includes('\u0000'))
    throw new RefusedRow('text_invalid', column.header, 'the cell has a NUL character in it');
  return blank.test(cell) ? '' : cell.toWellFormed();
}

/** Whether a cell says anything. */
export function hasText(cells: readonly string[], column: Column): boolean {
  const cell = cellOf(cells, column);
  return cell !== '' && !blank.test(cell);
}

/** Printable ASCII, which every normal form leaves as it is. */
export const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

/** Text on one line, as names are; blanks within it are kept, for names that differ in them are different names. */
export function lineOf(cells: readonly string[], column: Column | undefined): string {
  const text = textOf(cells, column);
  if (isPlain(text)) return text;
  return text
    .normalize('NFC')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}

/** A name of something the row refers to. Throws RefusedRow for one that is too long to be a name. */
export function nameOf(cells: readonly string[], column: Column | undefined): string {
  const name = lineOf(cells, column);
  if (column && lengthOf(name) > nameLengthMax) {
    throw new RefusedRow('text_too_long', column.header, `the name has more than ${nameLengthMax} characters`);
  }
  return name;
}

/** Characters of a text as the API and the database count them: one for an emoji that a string holds in two pieces. */
export function lengthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let length = 0;
  for (const _character of text) length++;
  return length;
}

/** The beginning of a text, of so many characters at most. */
export const cut = (text: string, lengthMax: number): string =>
  lengthOf(text) <= lengthMax ? text : [...text].slice(0, lengthMax).join('');

/** Characters of a name of a category, an account or a project. */
export const nameLengthMax = 200;
