import { type DomainError, invalid } from '@outlay/platform';
import iconv from 'iconv-lite';
import { type Encoding, firstBytes, recogniseEncoding } from './recognise-encoding.ts';
import { type Layout, type LayoutFault, recogniseLayout } from './recognise-layout.ts';
import { quoted } from './row-fault.ts';

/** Bytes in which a header must be found. */
const headSize = 64 * 1_024;

/**
 * Encoding and layout of a file, from its bytes. Throws invalid with details on `file`, one for each thing that is
 * missing: what cannot be a table of purchases is refused before anything is stored.
 */
export function recogniseHead(chunks: readonly Uint8Array[]): { encoding: Encoding; layout: Layout } {
  const bytes = firstBytes(chunks, headSize);
  const kind = binaryKind(bytes);
  if (kind) throw refusal('file_not_csv', `is ${kind}, not a CSV file; export it as CSV and try again`);

  const encoding = recogniseEncoding(chunks);
  const head = textOfHead(bytes, encoding);
  if (head.trim() === '') throw refusal('file_empty', 'is empty');
  if (isMostlyControls(head)) throw refusal('file_not_csv', 'is a binary file, not a CSV file');

  const recognised = recogniseLayout(head);
  if ('layout' in recognised) return { encoding, layout: recognised.layout };
  const markup = markupKind(head);
  if (markup) throw refusal('file_not_csv', `is ${markup}, not a CSV file`);
  throw invalid(recognised.faults.map((code) => ({ field: 'file', code, message: describe(code, recognised.header) })));
}

/** The layout of a file whose encoding is known, from its first bytes; they may end in the middle of a row. */
export function recogniseStoredLayout(bytes: Uint8Array, encoding: Encoding): Layout {
  const recognised = recogniseLayout(textOfHead(bytes, encoding));
  if ('layout' in recognised) return recognised.layout;
  throw new Error('The header of a stored file cannot be found again');
}

function textOfHead(bytes: Uint8Array, encoding: Encoding): string {
  const text = iconv.decode(Buffer.from(bytes.subarray(0, headSize)), encoding);
  return text.replaceAll(/\r\n?/g, '\n').replaceAll('\u001a', '');
}

const refusal = (code: string, message: string): DomainError => invalid('file', code, message);

function describe(fault: LayoutFault, header: readonly string[]): string {
  const what = fault === 'date_column_missing' ? 'a date' : 'an amount';
  const seen = header.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const names = seen.slice(0, 20).map(quoted).join(', ');
  return `has no column with ${what}${seen.length === 0 ? '' : `; the closest to a header was ${names}`}`;
}

const signatures: readonly (readonly [string, string])[] = [
  ['504b0304', 'an Excel workbook or a ZIP archive'],
  ['d0cf11e0', 'an Excel workbook'],
  ['25504446', 'a PDF document'],
  ['1f8b', 'a gzip archive'],
  ['89504e47', 'a picture'],
  ['ffd8ff', 'a picture'],
  ['47494638', 'a picture'],
  ['7f454c46', 'a program'],
];

function binaryKind(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 4).toString('hex');
  return signatures.find(([signature]) => start.startsWith(signature))?.[1];
}

function markupKind(head: string): string | undefined {
  const start = head.trimStart();
  if (/^[{[]/.test(start)) return 'JSON';
  return start.startsWith('<') ? (/^<(!doctype html|html)/i.test(start) ? 'an HTML page' : 'XML') : undefined;
}

/** Text may hold a stray control character; in binary data they are everywhere. */
function isMostlyControls(head: string): boolean {
  const controls = head.match(/[^\P{Cc}\t\n\f]/gu)?.length ?? 0;
  return controls > 8 && controls > head.length / 50;
}
