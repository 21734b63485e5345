import { normaliseHeader } from './column-names.ts';
import type { FileFormat } from './file-format.ts';
import type { ImportMapping } from './mapping.ts';
import { nameColumns, plainHeader, saidOf } from './name-columns.ts';
import { type Column, sharedFields } from './recognise-columns.ts';

/** Columns that are understood, with those that are headed alike and that nobody has said anything of. */
export function findRepeated(
  header: readonly string[],
  columns: readonly Column[],
  given: ImportMapping['columns'] = {},
): FileFormat['repeated'] {
  const names = nameColumns(header);
  const normalised = header.map((text) => normaliseHeader(plainHeader(text)));
  return columns.flatMap(({ index, header: name, field }) => {
    if (sharedFields.has(field) || normalised[index] === '') return [];
    const others = names.filter(
      (other, at) =>
        at !== index && normalised[at] === normalised[index] && saidOf(given, other, header[at] ?? '') === undefined,
    );
    return others.length === 0 ? [] : [{ header: name, field, others }];
  });
}
