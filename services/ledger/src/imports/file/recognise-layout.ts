import type { ImportFileKind } from '@outlay/contracts';
import { isExportHeader } from './export-columns.ts';
import type { ImportMapping } from './mapping.ts';
import { readFirstRows } from './read-rows.ts';
import { type Column, recogniseColumns } from './recognise-columns.ts';

/** Where the header of a file is and what its columns mean. */
export interface Layout {
  kind: ImportFileKind;
  delimiter: string;
  /** Physical line of the header, from 1. */
  headerLine: number;
  /** Cells of the header, as they stand in the file. */
  header: string[];
  columns: Column[];
}

/** What a file lacks to be imported. */
export type LayoutFault = 'date_column_missing' | 'amount_column_missing';

/** The layout, or what is missing from the row that came closest to being a header. */
export type RecognisedLayout = { layout: Layout } | { faults: LayoutFault[]; header: string[] };

const delimiters = [';', ',', '\t', '|'] as const;

/** Exports put titles, account data and filters above the header, but not pages of them. */
const rowsSearched = 60;

const amountFields = new Set(['amount', 'original_amount', 'billed_amount', 'debit', 'credit']);

/**
 * Finds delimiter and header in the head of a file: the first row whose cells name a date and an amount, under the
 * delimiter by which most of its columns are understood. Data rows cannot be mistaken for it, as names are matched whole.
 * What the client says of delimiter, header and columns goes before.
 */
export function recogniseLayout(head: string, mapping: ImportMapping = {}): RecognisedLayout {
  const tried = mapping.delimiter === undefined ? delimiters : [mapping.delimiter];
  const candidates = tried.flatMap((delimiter) => candidatesUnder(delimiter, head, mapping));
  const best = candidates.reduce<Candidate | undefined>(
    (winner, candidate) => (winner === undefined || candidate.score > winner.score ? candidate : winner),
    undefined,
  );
  if (!best) return { faults: ['date_column_missing', 'amount_column_missing'], header: [] };
  return best.faults.length > 0 ? { faults: best.faults, header: best.layout.header } : { layout: best.layout };
}

interface Candidate {
  layout: Layout;
  faults: LayoutFault[];
  score: number;
}

function candidatesUnder(delimiter: string, head: string, mapping: ImportMapping): Candidate[] {
  const { header_line: given } = mapping;
  const rows = readFirstRows(fromLine(head, given), { delimiter, quoting: 'double' }, rowsSearched);
  const candidates: Candidate[] = [];
  for (const [index, row] of rows.entries()) {
    if (given !== undefined && row.line > 1) break;
    const sample = rows.slice(index + 1).map((below) => below.cells);
    const kind = isOutlayExport(row.cells, mapping) ? ('outlay' as const) : ('csv' as const);
    const columns = recogniseColumns(row.cells, sample, kind === 'outlay' ? {} : mapping.columns);
    const faults = faultsOf(columns);
    const layout = { kind, delimiter, headerLine: given ?? row.line, header: row.cells, columns };
    // What has both beats what has not; then what is understood; the width only ranks rows that cannot be used.
    const score = (faults.length === 0 ? 1_000_000 : 0) + columns.length * 1_000 + Math.min(row.cells.length, 999);
    candidates.push({ layout, faults, score });
    if (faults.length === 0) break;
  }
  return candidates;
}

/** A text without the lines above one. */
function fromLine(text: string, line = 1): string {
  let at = 0;
  for (let passed = 1; passed < line; passed++) {
    const end = text.indexOf('\n', at);
    if (end === -1) return '';
    at = end + 1;
  }
  return text.slice(at);
}

/**
 * A header of ours says what its cells mean; where the client knows better, it is a table like any other.
 * Who gives back what was recognised of an export says its columns as well, and that it is one.
 */
const isOutlayExport = (cells: readonly string[], { columns, kind }: ImportMapping): boolean =>
  (kind === 'outlay' || (kind === undefined && columns === undefined)) && isExportHeader(cells);

function faultsOf(columns: readonly Column[]): LayoutFault[] {
  const hasDate = columns.some((column) => column.field === 'expense_date');
  const hasAmount = columns.some((column) => amountFields.has(column.field));
  return [
    ...(hasDate ? [] : (['date_column_missing'] as const)),
    ...(hasAmount ? [] : (['amount_column_missing'] as const)),
  ];
}
