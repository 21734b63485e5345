/** What PostgreSQL and spreadsheets take alike: RFC 4180 with CR LF, cells quoted where they must be. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join()}\r\n`;

const quoted = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** What a spreadsheet begins a formula with; those of full width too, which some take for the others. */
const formulaMarks = '[=+\\-@\\t\\r＝＋－＠]';
const beforeFormula = new RegExp(`(^|;)(?='*${formulaMarks})`, 'g');
const apostropheBeforeFormula = new RegExp(`(^|;)'(?='*${formulaMarks})`, 'g');

/**
 * A text that no spreadsheet computes, be it one that begins a cell at each semicolon: an apostrophe stands before what would
 * be a formula, and before a text that looks as if one had been put there, so that `restored` gives each text back.
 */
export const defused = (text: string): string => text.replace(beforeFormula, "$1'");

/** Takes the apostrophes away that `defused` has put in. */
export const restored = (cell: string): string => cell.replace(apostropheBeforeFormula, '$1');

/** Several texts as one, with a backslash before separators and backslashes within them. */
export const joined = (texts: readonly string[], separator: ';' | '/'): string =>
  texts.map((text) => text.replaceAll('\\', '\\\\').replaceAll(separator, `\\${separator}`)).join(separator);
