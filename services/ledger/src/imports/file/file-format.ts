import { z } from 'zod';
import { fields } from './column-names.ts';
import { fileKinds, importMapping } from './mapping.ts';
import { encodings } from './recognise-encoding.ts';

const column = z.object({
  index: z.int(),
  header: z.string(),
  field: z.enum(fields),
  currency: z.string().optional(),
  /** The client said so, who knows; what was recognised by its name may be wrong. */
  isGiven: z.boolean().optional(),
});

const sign = z.literal([1, -1]);
const order = z.enum(['dmy', 'mdy', 'ymd']);

/**
 * All that was recognised of a file or told of it: enough to read each of its rows alone and in any order. It is stored
 * with the import, so that an interrupted one goes on exactly as it began.
 */
export const fileFormat = z.object({
  kind: z.enum(fileKinds).default('csv'),
  encoding: z.enum(encodings),
  delimiter: z.string(),
  quoting: z.enum(['double', 'none']),
  /** Physical line of the header, from 1; of statements 0. */
  headerLine: z.int(),
  /** Cells of the header, nameless ones at its end apart. */
  width: z.int(),
  /** The header itself, each column under a name of its own. */
  headers: z.array(z.string()).default([]),
  /** Columns that were taken for their header, and others that are headed alike and were passed over. */
  repeated: z.array(z.object({ header: z.string(), field: z.enum(fields), others: z.array(z.string()) })).default([]),
  columns: z.array(column),
  dates: z.object({ order, compactOrder: order, text: z.string() }),
  decimalMark: z.enum(['.', ',']),
  /** What a number in the column is multiplied by to make money spent positive. */
  signs: z.object({
    ...{ amount: sign, debit: sign, credit: sign },
    /** There are amounts with a minus and without, and their number alone told which were spent. */
    isAssumed: z.boolean().default(false),
  }),
  credits: z.enum(['refund', 'skip']).default('refund'),
  defaults: importMapping.shape.defaults.default({}),
});

export type FileFormat = z.infer<typeof fileFormat>;
