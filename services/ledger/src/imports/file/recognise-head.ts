import type { ImportEncoding } from '@outlay/contracts';
import { type DomainError, invalid } from '@outlay/platform';
import iconv from 'iconv-lite';
import { binaryKind, foreignKindOf } from './foreign-kind.ts';
import type { ImportMapping } from './mapping.ts';
import { nameColumns } from './name-columns.ts';
import { type Column, recogniseColumns } from './recognise-columns.ts';
import { firstBytes, recogniseEncoding } from './recognise-encoding.ts';
import { type Layout, type LayoutFault, type RecognisedLayout, recogniseLayout } from './recognise-layout.ts';
import { quoted } from './row-fault.ts';
import { statementColumns, statementHeader } from './statements/statement-columns.ts';
import { isCardStatement, statementKindOf } from './statements/statement-kind.ts';

/** Bytes in which a header must be found; no more than a stored file has in its first piece, where its line is told. */
const headSize = ({ header_line: line = 0 }: ImportMapping): number => (line > 0 ? 256 : 64) * 1_024;

/**
 * Encoding and layout of a file, from its bytes. Throws invalid with details on `file`, one for each thing that is
 * missing: what cannot be a table of purchases is refused before anything is stored. And on `mapping`, where it names
 * columns that are not there or makes two of them say the same.
 */
export function recogniseHead(
  chunks: readonly Uint8Array[],
  mapping: ImportMapping = {},
): { encoding: ImportEncoding; layout: Layout } {
  const bytes = firstBytes(chunks, headSize(mapping));
  const kind = binaryKind(bytes);
  if (kind) throw refusal('file_not_csv', `is ${kind}, which is not read; save it as CSV and try again`);

  const encoding = mapping.encoding ?? recogniseEncoding(chunks);
  const head = textOf(bytes, encoding);
  if (head.trim() === '') throw refusal('file_empty', 'is empty');
  if (isMostlyControls(head)) throw refusal('file_not_csv', `is a binary file, which is not read; ${taken}`);

  const recognised = layoutOf(head, mapping);
  const foreign = 'layout' in recognised ? undefined : foreignKindOf(head);
  if (foreign) throw refusal('file_not_csv', `is ${foreign}, which is not read; ${taken}`);
  const header = 'layout' in recognised ? recognised.layout.header : recognised.header;
  refuseUnknownColumns(header, mapping);
  if ('layout' in recognised) {
    refuseOtherKind(recognised.layout, mapping);
    refuseOtherExport(recognised.layout, mapping);
    refuseRepeatedFields(recognised.layout.columns);
    return { encoding, layout: recognised.layout };
  }
  throw invalid(recognised.faults.map((code) => ({ field: 'file', code, message: describe(code, recognised.header) })));
}

/** The layout of a file whose encoding is known, from its first bytes; they may end in the middle of a row. */
export function recogniseStoredLayout(
  bytes: Uint8Array,
  encoding: ImportEncoding,
  mapping: ImportMapping = {},
): Layout {
  const recognised = layoutOf(textOf(bytes.subarray(0, headSize(mapping)), encoding), mapping);
  if ('layout' in recognised) return recognised.layout;
  throw new Error('The header of a stored file cannot be found again');
}

function layoutOf(head: string, mapping: ImportMapping): RecognisedLayout {
  const kind = statementKindOf(head);
  if (kind === undefined) return recogniseLayout(head, mapping);
  const header = statementHeader(kind === 'ofx' && isCardStatement(head));
  const known = statementColumns(header);
  const given = recogniseColumns(header, [], mapping.columns).filter(({ isGiven }) => isGiven);
  const isSaid = ({ header: name }: Column): boolean => Object.hasOwn(mapping.columns ?? {}, name);
  const taken = new Set(given.map(({ field }) => field));
  const columns = [...known.filter((column) => !isSaid(column) && !taken.has(column.field)), ...given];
  return { layout: { kind, delimiter: '', headerLine: 0, header, columns } };
}

function refuseOtherKind({ kind }: Layout, mapping: ImportMapping): void {
  if (mapping.kind === undefined || mapping.kind === kind) return;
  throw invalid('mapping.kind', 'other_kind', `is not what the file is, which is ${kind}`);
}

/** The columns of our own export mean what they mean; what is said of them otherwise must not be passed over. */
function refuseOtherExport({ kind, columns: own }: Layout, { columns = {} }: ImportMapping): void {
  if (kind !== 'outlay') return;
  const fieldOf = (name: string) => own.find(({ header }) => header === name)?.field ?? null;
  const others = Object.entries(columns).filter(([name, field]) => field !== fieldOf(name));
  if (others.length === 0) return;
  throw invalid(
    others.slice(0, 50).map(([name]) => ({
      field: `mapping.columns.${name}`,
      code: 'not_supported',
      message: 'is said by the export itself; to have it read as any other table, say that its kind is csv',
    })),
  );
}

/** Nothing to do with a column that is to be left out and is not there. */
function refuseUnknownColumns(header: readonly string[], { columns = {} }: ImportMapping): void {
  const names = new Set(nameColumns(header));
  const missing = Object.entries(columns).filter(([name, field]) => field !== null && !names.has(name));
  if (missing.length === 0) return;
  throw invalid(
    missing.slice(0, 50).map(([name]) => ({
      field: `mapping.columns.${name}`,
      code: 'column_missing',
      message: `is no column of the file; the closest to a header was ${shown(header)}`,
    })),
  );
}

function refuseRepeatedFields(columns: readonly Column[]): void {
  const given = columns.filter(({ isGiven, field }) => isGiven && field !== 'description');
  const repeated = given.filter(({ field }, index) => given.findIndex((other) => other.field === field) !== index);
  if (repeated.length === 0) return;
  throw invalid(
    repeated.map(({ header, field }) => ({
      field: `mapping.columns.${header}`,
      code: 'field_repeated',
      message: `another column is ${field} already`,
    })),
  );
}

const shown = (header: readonly string[]): string =>
  header
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '')
    .slice(0, 20)
    .map(quoted)
    .join(', ');

function textOf(bytes: Uint8Array, encoding: ImportEncoding): string {
  const text = iconv.decode(Buffer.from(bytes), encoding);
  return text.replaceAll(/\r\n?/g, '\n').replaceAll('\u001a', '');
}

const taken = 'send a table as CSV, or the statement of a bank as OFX or CAMT.053';

const refusal = (code: string, message: string): DomainError => invalid('file', code, message);

function describe(fault: LayoutFault, header: readonly string[]): string {
  const what = fault === 'date_column_missing' ? 'a date' : 'an amount';
  const names = shown(header);
  return `has no column with ${what}${names === '' ? '' : `; the closest to a header was ${names}`}`;
}

/** Text may hold a stray control character; in binary data they are everywhere. */
function isMostlyControls(head: string): boolean {
  const controls = head.match(/[^\P{Cc}\t\n\f]/gu)?.length ?? 0;
  return controls > 8 && controls > head.length / 50;
}
