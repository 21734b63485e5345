/** What PostgreSQL and spreadsheets take alike: RFC 4180 with CR LF, cells quoted where they must be. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join()}\r\n`;

const quoted = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** What a spreadsheet begins a formula with; those of full width too, which some take for the others. */
const formulaMarks = '[=+\\-@＝＋－＠]';
const beforeFormula = new RegExp(`(^|[;\\t\\n])(?='*${formulaMarks})`, 'g');
const apostropheBeforeFormula = new RegExp(`(^|[;\\t\\n])'(?='*${formulaMarks})`, 'g');

/**
 * A text in which no spreadsheet computes anything, be it one that begins a cell at each semicolon or tab, or a row at each
 * line break: an apostrophe stands before what would be a formula, and before what looks as if one had been put there, so
 * that `restored` gives each text back. Its line breaks are line feeds, as whoever reads it may make them that.
 */
export const defused = (text: string): string => text.replace(/\r\n?/g, '\n').replace(beforeFormula, "$1'");

/** Takes the apostrophes away that `defused` has put in. */
export const restored = (cell: string): string => cell.replace(apostropheBeforeFormula, '$1');

/** Several texts as one, with a backslash before separators and backslashes within them. */
export const joined = (texts: readonly string[], separator: ';' | '/'): string =>
  texts.map((text) => text.replaceAll('\\', '\\\\').replaceAll(separator, `\\${separator}`)).join(separator);
