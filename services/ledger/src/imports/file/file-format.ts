import { importCredits, importEncodings, importFields, importFileKinds } from '@outlay/contracts';
import { z } from 'zod';
import { importMapping } from './mapping.ts';

const column = z.object({
  index: z.int(),
  header: z.string(),
  field: z.enum(importFields),
  currency: z.string().optional(),
  /** What came before this was known was read in the currency that another column says. */
  isInCurrency: z.boolean().optional(),
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
  /**
   * What has changed since 1: where no text of a row is understood, its other cells are part of its fingerprint. Since 2: more
   * words of a direction say that money came back.
   */
  version: z.literal([1, 2, 3]).default(1),
  kind: z.enum(importFileKinds).default('csv'),
  encoding: z.enum(importEncodings),
  delimiter: z.string(),
  quoting: z.enum(['double', 'mended', 'none']),
  /** Rows with a quote that is opened and not closed, and was taken as text: how many, and the lines of the first. */
  unclosedQuotes: z.object({ rows: z.int(), lines: z.array(z.int()) }).optional(),
  /** Physical line of the header, from 1; of statements 0. */
  headerLine: z.int(),
  /** Cells of the header, nameless ones at its end apart. */
  width: z.int(),
  /** The header itself, each column under a name of its own. */
  headers: z.array(z.string()).default([]),
  /** Columns that were taken for their header, and others that are headed alike and were passed over. */
  repeated: z
    .array(z.object({ header: z.string(), field: z.enum(importFields), others: z.array(z.string()) }))
    .default([]),
  columns: z.array(column),
  /** Columns that hold text and are neither understood nor left out on purpose. */
  ignored: z.array(z.string()).default([]),
  /** Columns of money that are neither what is booked nor left out on purpose. */
  uncounted: z.array(z.string()).default([]),
  /** Rows of which no text is understood, so that nothing is said of what was bought. */
  untitled: z.int().default(0),
  /** Words of directions and statuses that nobody knows, the first of them, and how many rows have such a word. */
  unknownWords: z
    .array(z.object({ header: z.string(), field: z.enum(importFields), words: z.array(z.string()), rows: z.int() }))
    .default([]),
  /** Rows that say nothing but that they are a sum or a balance, and what the first of them say. */
  totals: z.object({ rows: z.int(), words: z.array(z.string()) }).optional(),
  dates: z.object({
    ...{ order, compactOrder: order, text: z.string() },
    /** Nothing told the order: what it is taken for, and what it may be as well. */
    assumed: z.object({ taken: z.string(), other: z.string() }).optional(),
  }),
  decimalMark: z.enum(['.', ',']),
  /** Nothing but numbers such as `1,234` told the mark. */
  isDecimalMarkAssumed: z.boolean().default(false),
  /** What a number in the column is multiplied by to make money spent positive. */
  signs: z.object({
    ...{ amount: sign, debit: sign, credit: sign },
    /** The number of amounts with a minus and without alone told which were spent. */
    isAssumed: z.boolean().default(false),
    /** There are none without. */
    isOneSided: z.boolean().optional(),
    /** There are none with a minus, though it is the statement of an account. */
    hasNoMinus: z.boolean().optional(),
    /** They are read as those of the last import with this header, though their number tells otherwise. */
    isAsBefore: z.boolean().optional(),
  }),
  credits: z.enum(importCredits).default('refund'),
  /** Sums alone told that what came in are refunds, or there were too few amounts to tell. */
  isCreditsAssumed: z.boolean().default(false),
  /** The same bytes had come before. */
  isKnown: z.boolean().default(false),
  /** Of a statement: bookings that another one of the file corrects, by account and id. */
  corrected: z.array(z.string()).default([]),
  defaults: importMapping.shape.defaults.default({}),
});

export type FileFormat = z.infer<typeof fileFormat>;
