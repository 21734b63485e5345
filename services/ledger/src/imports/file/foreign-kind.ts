import { quoted } from './row-fault.ts';

/** What a file is by its first bytes, where that is nothing that could be read as text. */
export function binaryKind(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 4).toString('hex');
  return signatures.find(([signature]) => start.startsWith(signature))?.[1];
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

/** What a text is that is no table and no statement that is read, by its beginning; undefined: no telling. */
export function foreignKindOf(head: string): string | undefined {
  const start = head.trimStart();
  if (/^(\{1:[^}]*\}.*)?:20:[^\n]*\n(:21:[^\n]*\n)?:25:/s.test(start.slice(0, 1_024))) return 'a statement in MT940';
  if (/^!(Type|Account|Option)\b/i.test(start)) return 'a file in QIF';
  if (/^[{[]/.test(start)) return 'JSON';
  if (!start.startsWith('<')) return undefined;
  return /^<(!doctype html|html)/i.test(start) ? 'an HTML page' : xmlKind(start.slice(0, 4_096));
}

/**
 * Of the account messages of ISO 20022 the statement alone is read. A report within the day lists what is not settled and
 * comes again in the statement; a notification lists one by one what the statement may list as one sum. Whoever read them
 * all would book the same money twice, as nothing but the bank's goodwill gives it the same reference in each.
 */
function xmlKind(start: string): string {
  const [, message = ''] = /urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3})/.exec(start) ?? [];
  const [, root = ''] = /<([A-Za-z_][\w.:-]*)/.exec(start) ?? [];
  if (message === 'camt.052' || /<(\w+:)?BkToCstmrAcctRpt[\s>]/.test(start)) return 'CAMT.052, a report within the day';
  if (message === 'camt.054' || /<(\w+:)?BkToCstmrDbtCdtNtfctn[\s>]/.test(start)) {
    return 'CAMT.054, a notification of single bookings';
  }
  if (message !== '') return `a message of ISO 20022 (${message.toUpperCase()})`;
  return root === '' ? 'XML' : `XML (${quoted(root)})`;
}
