import type { ImportField } from '@outlay/contracts';
import type { ImportMapping } from './mapping.ts';

/** No column is called by more characters than this. */
export const headerLengthMax = 200;

/** On one line, and of characters that can be stored. */
export const plainHeader = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .toWellFormed()
    .trim();

/**
 * What the columns of a header are called, so that a mapping can name each: a header that comes again is followed by the
 * first number from 2 that makes a name of its own of it, as in `Amount (2)`. Nameless columns stay so.
 */
export function nameColumns(header: readonly string[]): string[] {
  const plain = header.map(plainHeader);
  const written = new Set(plain);
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return plain.map((text) => {
    if (text === '' || !taken.has(text)) {
      taken.add(text);
      return text;
    }
    let number = (counts.get(text) ?? 1) + 1;
    while (written.has(`${text} (${number})`)) number++;
    counts.set(text, number);
    return `${text} (${number})`;
  });
}

/** What a mapping says of a column; a header that is left out is so as often as it comes, unless that one is named. */
export function saidOf(
  given: NonNullable<ImportMapping['columns']>,
  name: string,
  header: string,
): ImportField | null | undefined {
  if (Object.hasOwn(given, name)) return given[name];
  const plain = plainHeader(header);
  return Object.hasOwn(given, plain) && given[plain] === null ? null : undefined;
}
