import type { ImportEncoding } from '@outlay/contracts';
import { UnclosedQuote } from './csv-splitter.ts';
import type { FileFormat } from './file-format.ts';
import { findRepeated } from './find-repeated.ts';
import { dayNumber, type ImportMapping, orderOf, signOf } from './mapping.ts';
import { nameColumns } from './name-columns.ts';
import { type OpenFile, openRows } from './open-rows.ts';

import type { Layout } from './recognise-layout.ts';
import { recogniseValues } from './recognise-values.ts';
import { findCorrected } from './statements/corrections.ts';
import { UnreadableFile } from './unreadable-file.ts';

interface RecognisedFile {
  format: FileFormat;
  rowsTotal: number;
}

interface Given {
  today: string;
  currency: string;
  /** The tenant's, which decides where all dates fit two orders. */
  dateFormat?: string;
  /** What money spent was multiplied by in the last import with this header. */
  signBefore?: 1 | -1;
  mapping?: ImportMapping;
}

/**
 * Completes what the head of a file told with what all of its rows tell, in one pass; three where its quotes do not pair or
 * may be part of the text, as in files of programs that never quote. Then the reading wins under which most rows have a date
 * and the cells of the header. What the client says of values holds. Memory does not grow with the file.
 * Throws UnclosedQuote or UnreadableFile where no reading makes a file of purchases of it.
 */
export async function recogniseFile(
  open: OpenFile,
  head: { encoding: ImportEncoding; layout: Layout },
  given: Given,
): Promise<RecognisedFile> {
  const { kind } = head.layout;
  const readAs = (quoting: FileFormat['quoting']) => read(quoting, open, head, given);
  if (kind !== 'csv' && kind !== 'outlay') return readAs('double');
  const quoted = await readAs('double').catch(undefinedIfUnreadable);
  // Our own export quotes whatever it holds, also where that looks like rows.
  if (quoted && (kind === 'outlay' || !quoted.hasDoubtfulQuotes)) return quoted;
  if (kind === 'outlay') return readAs('mended');
  const mended = await readAs('mended').catch(undefinedIfUnreadable);
  const plain = quoted || mended ? await readAs('none').catch(undefinedIfUnreadable) : await readAs('none');
  // Of readings that fit as well: the one that takes quotes as they are meant, and none where no quote has another.
  const ranked = mended?.hasClosedQuotes ? [quoted, mended, plain] : [quoted, plain, mended];
  return ranked
    .filter((one) => one !== undefined)
    .reduce((winner, one) => (one.rowsFitting > winner.rowsFitting ? one : winner));
}

/** Delimiters at the end of each line make columns without a name, and nothing belongs there. */
const widthOf = ({ header }: Pick<Layout, 'header'>): number => header.findLastIndex((cell) => cell.trim() !== '') + 1;

/** What the columns of a file are called in its format. */
export const headersOf = (layout: Pick<Layout, 'header'>): string[] =>
  nameColumns(layout.header.slice(0, widthOf(layout)));

/** What is read in the wrong way may well look as if nothing could be read. */
function undefinedIfUnreadable(error: unknown): undefined {
  if (!(error instanceof UnclosedQuote || error instanceof UnreadableFile)) throw error;
}

async function read(
  quoting: FileFormat['quoting'],
  open: OpenFile,
  { encoding, layout }: { encoding: ImportEncoding; layout: Layout },
  given: Given,
): Promise<RecognisedFile & { rowsFitting: number; hasDoubtfulQuotes: boolean; hasClosedQuotes: boolean }> {
  const { kind, delimiter, headerLine } = layout;
  const width = widthOf(layout);
  const rows = () => openRows(open, { kind, encoding, delimiter, quoting, width });
  const { rowsTotal, rowsFitting, hasDoubtfulQuotes, hasClosedQuotes, corrections, ...values } = await recogniseValues(
    rows(),
    layout,
    given,
  );
  const corrected = corrections.size === 0 ? [] : await findCorrected(rows(), corrections);
  const headers = headersOf(layout);
  const repeated = findRepeated(layout.header, values.columns, given.mapping?.columns);
  const recognised = {
    version: 3 as const,
    isKnown: false,
    kind,
    encoding,
    delimiter,
    quoting,
    headerLine,
    width,
    headers,
    repeated,
    corrected,
    ...values,
  };
  const format = applyMapping(recognised, given.mapping ?? {});
  return { format, rowsTotal, rowsFitting, hasDoubtfulQuotes, hasClosedQuotes };
}

const written = { dates: { order: 'ymd', compactOrder: 'ymd', text: 'YYYY-MM-DD' }, decimalMark: '.' } as const;
const plainSigns = { amount: 1, debit: 1, credit: -1, isAssumed: false } as const;

/** What comes into a bank account is income; our own export has refunds. */
const plainCredits = (kind: FileFormat['kind']): FileFormat['credits'] => (kind === 'outlay' ? 'refund' : 'skip');

/** What a statement or an export says, however its rows look; a spreadsheet may have saved an export its own way. */
function saidByKind(kind: FileFormat['kind']): Partial<FileFormat> {
  if (kind === 'csv') return {};
  const said = { isDecimalMarkAssumed: false, isCreditsAssumed: false, signs: plainSigns, credits: plainCredits(kind) };
  return kind === 'outlay' ? said : { ...said, ...written };
}

function applyMapping(recognised: Omit<FileFormat, 'defaults'>, mapping: ImportMapping): FileFormat {
  const format = { ...recognised, ...saidByKind(recognised.kind) };
  const { date_format: dateFormat, decimal_mark: decimalMark, amounts, credits, defaults = {} } = mapping;
  const order = dateFormat === undefined || dateFormat === dayNumber ? undefined : orderOf(dateFormat);
  const sign = amounts === undefined ? format.signs.amount : signOf(amounts);
  return {
    ...format,
    dates: order && dateFormat ? { order, compactOrder: order, text: dateFormat } : format.dates,
    decimalMark: decimalMark ?? format.decimalMark,
    signs: { ...format.signs, amount: sign },
    credits: credits ?? format.credits,
    isCreditsAssumed: credits === undefined && format.isCreditsAssumed,
    defaults,
  };
}
