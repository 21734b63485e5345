import { z } from 'zod';

const column = z.object({
  index: z.int(),
  header: z.string(),
  field: z.enum([
    ...(['expense_date', 'amount', 'original_amount', 'billed_amount', 'debit', 'credit'] as const),
    ...(['currency', 'original_currency', 'billed_currency', 'direction', 'balance', 'status', 'vendor'] as const),
    ...(['description', 'tax', 'account', 'category', 'project', 'tags', 'payment_method', 'reference'] as const),
  ]),
  currency: z.string().optional(),
});

const sign = z.literal([1, -1]);
const order = z.enum(['dmy', 'mdy', 'ymd']);

/**
 * All that was recognised of a file: enough to read each of its rows alone and in any order. It is stored with the
 * import, so that an interrupted one goes on exactly as it began.
 */
export const fileFormat = z.object({
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']),
  delimiter: z.string(),
  quoting: z.enum(['double', 'none']),
  /** Physical line of the header, from 1. */
  headerLine: z.int(),
  /** Cells of the header, nameless ones at its end apart. */
  width: z.int(),
  columns: z.array(column),
  dates: z.object({ order, compactOrder: order, text: z.string() }),
  decimalMark: z.enum(['.', ',']),
  /** What a number in the column is multiplied by to make money spent positive. */
  signs: z.object({ amount: sign, debit: sign, credit: sign }),
});

export type FileFormat = z.infer<typeof fileFormat>;
