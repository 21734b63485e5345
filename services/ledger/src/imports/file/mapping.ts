import { importAmounts, importCredits, importEncodings, importFields, importFileKinds } from '@outlay/contracts';
import { isCurrency } from '@outlay/platform';
import { z } from 'zod';
import type { DateOrder } from './read-date.ts';

const storable = (text: string): boolean =>
  !/[\0\uD800-\uDFFF]/.test(text.replaceAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, ''));
const text = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(lengthMax, `must have at most ${lengthMax} characters`)
    .refine(storable, { message: 'must not contain NUL characters', params: { code: 'invalid_characters' } });

/** Numbers and names of months in any order, or a spreadsheet's day numbers. */
const dateFormat = z
  .string()
  .refine(
    (format) => format === dayNumber || orderOf(format) !== undefined,
    'must be such as DD/MM/YYYY or YYYY-MM-DD',
  );

export const dayNumber = 'day number';

/** A delimiter is one character that is no part of numbers, quotes or line ends. */
const delimiter = z.string().regex(/^[^\w\s"'.\n\r\0-]$|^[\t ]$/, 'must be one character, such as ; or a tab');

/**
 * How a client says that a file is to be read. What it does not say is recognised. Columns are named by their header: one
 * that carries null is left out, so that nothing is made of it.
 */
export const importMapping = z.strictObject({
  /** What the file must be; an export of ours is a table as well, and read as one where that is said. */
  kind: z.enum(importFileKinds).optional(),
  columns: z.record(text(200), z.enum(importFields).nullable()).optional(),
  delimiter: delimiter.optional(),
  encoding: z.enum(importEncodings).optional(),
  /** Physical line of the header, from 1. */
  header_line: z.int().min(1).max(1_000).optional(),
  date_format: dateFormat.optional(),
  decimal_mark: z.enum(['.', ',']).optional(),
  /** Which sign money spent has in columns that are neither debit nor credit. */
  amounts: z.enum(importAmounts).optional(),
  /** What becomes of money that came back: a refund, or nothing, as it is income. */
  credits: z.enum(importCredits).optional(),
  /** What rows are taken to say that do not say it. */
  defaults: z
    .strictObject({
      currency: z
        .string()
        .refine(isCurrency, { message: 'is not supported', params: { code: 'invalid_currency' } })
        .optional(),
      account: text(200).optional(),
      category: text(200).optional(),
      project: text(200).optional(),
    })
    .optional(),
});

export type ImportMapping = z.output<typeof importMapping>;

/** What a number is multiplied by to make money spent positive. */
export const signOf = (amounts: NonNullable<ImportMapping['amounts']>): 1 | -1 =>
  amounts === 'spent_positive' ? 1 : -1;

/** The order in which a date format has its parts; undefined where it is none. */
export function orderOf(format: string): DateOrder | undefined {
  const [, first, second, third] =
    /^(D{1,2}|M{1,4}|Y{2}|Y{4})[-/. ]?(D{1,2}|M{1,4})[-/. ]?(D{1,2}|M{1,4}|Y{2}|Y{4})$/.exec(format) ?? [];
  const order = `${first?.[0]}${second?.[0]}${third?.[0]}`.toLowerCase();
  return order === 'dmy' || order === 'mdy' || order === 'ymd' ? order : undefined;
}
