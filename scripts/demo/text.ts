/** Where lines go that somebody is to read. */
export type Say = (line: string) => void;

/** A line above what follows. */
export const heading = (title: string): string => `\n== ${title}`;

/** Rows in columns, the first to the left and the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)))))
    .map((cells) => `  ${cells.join('  ')}`);
}

/** Before something is looked at again. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
