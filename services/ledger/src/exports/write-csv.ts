/** What PostgreSQL and spreadsheets take alike: RFC 4180 with CR LF, cells quoted where they must be. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join()}\r\n`;

const quoted = (cell: string): string => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * A text that no spreadsheet computes: an apostrophe stands before what would be a formula, and before a text that looks as
 * if one had been put there, so that taking one away gives each text back.
 */
export const defused = (text: string): string => (/^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** Several texts as one, with a backslash before separators and backslashes within them. */
export const joined = (texts: readonly string[], separator: ';' | '/'): string =>
  texts.map((text) => text.replaceAll('\\', '\\\\').replaceAll(separator, `\\${separator}`)).join(separator);
