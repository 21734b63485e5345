import { fieldsNamed, normaliseHeader } from './column-names.ts';
import { exportNameOf } from './export-columns.ts';
import type { FileFormat } from './file-format.ts';
import type { ImportMapping } from './mapping.ts';
import { nameColumns, plainHeader, saidOf } from './name-columns.ts';
import type { Layout } from './recognise-layout.ts';
import { hasText } from './row-text.ts';

/** Collects the texts of all rows, then tells what of them is not understood. */
export interface TextEvidence {
  add(cells: readonly string[], hasDate: boolean): void;
  conclude(): Pick<FileFormat, 'ignored' | 'untitled'>;
}

/** What names a purchase. */
const naming: ReadonlySet<string> = new Set(['title', 'vendor', 'description', 'category']);

/** Its name is understood, and another column was taken for it; of texts both would be worth reading. */
const isSaidBetter = (text: string): boolean => {
  const fields = fieldsNamed(normaliseHeader(plainHeader(text)));
  return fields.length > 0 && !fields.some(({ field }) => field === 'title' || field === 'vendor');
};

/** A file of more of them is of another kind. */
const ignoredMax = 50;

/**
 * Columns with letters in them that say nothing of a purchase, but for those that the client leaves out, those whose like is
 * said by another column, and those that are headed like one, which is told elsewhere; and rows that nothing names.
 */
export function gatherTexts(
  { kind, header, columns }: Pick<Layout, 'kind' | 'header' | 'columns'>,
  { columns: given = {}, defaults }: ImportMapping = {},
): TextEvidence {
  const names = nameColumns(header);
  const understood = new Set(columns.map((column) => normaliseHeader(plainHeader(header[column.index] ?? ''))));
  const isSilent = (text: string, index: number): boolean =>
    plainHeader(text) === '' ||
    understood.has(normaliseHeader(plainHeader(text))) ||
    isSaidBetter(text) ||
    (kind === 'outlay' && exportNameOf(text) !== undefined) ||
    saidOf(given, names[index] ?? '', text) !== undefined;
  let unseen =
    kind === 'ofx' || kind === 'camt053' ? [] : header.flatMap((text, at) => (isSilent(text, at) ? [] : [at]));
  const seen: number[] = [];
  const namingColumns = columns.filter(({ field }) => naming.has(field));
  const isAlwaysNamed = defaults?.category !== undefined || kind !== 'csv';
  let untitled = 0;
  return {
    add(cells, hasDate) {
      const found = unseen.filter((index) => /\p{L}/u.test(cells[index] ?? ''));
      if (found.length > 0) {
        seen.push(...found);
        unseen = unseen.filter((index) => !found.includes(index));
      }
      if (hasDate && !isAlwaysNamed && !namingColumns.some((column) => hasText(cells, column))) untitled++;
    },
    conclude() {
      const ignored = seen.toSorted((a, b) => a - b).slice(0, ignoredMax);
      return { ignored: ignored.map((index) => names[index] ?? ''), untitled };
    },
  };
}
