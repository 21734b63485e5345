import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { isDomainError } from '@outlay/platform';
import { recogniseHead } from './recognise-head.ts';

function refusal(file: string | Buffer): string[] {
  try {
    recogniseHead([Buffer.from(file)]);
    return [];
  } catch (error) {
    if (!isDomainError(error, 'invalid')) throw error;
    return error.details.map((detail) => `${detail.field} ${detail.code}`);
  }
}

describe('a file that is no table of purchases', () => {
  it.each([
    ['empty', '', ['file file_empty']],
    ['blank', ' \n\n', ['file file_empty']],
    ['JSON', '[{"date": "2024-01-01", "amount": "1.00"}]', ['file file_not_csv']],
    ['an HTML page', '<!doctype html>\n<table><tr><td>Date</td></tr></table>', ['file file_not_csv']],
    ['XML', '<?xml version="1.0"?><Document/>', ['file file_not_csv']],
    ['compressed', gzipSync('Date,Amount\n2024-01-01,1\n'), ['file file_not_csv']],
    ['an Excel workbook', Buffer.from('504b030414000600', 'hex'), ['file file_not_csv']],
    [
      'random bytes',
      Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7_919) % 251)),
      ['file file_not_csv'],
    ],
    [
      'prose',
      'Dear all,\nplease find the figures below.\n',
      ['file date_column_missing', 'file amount_column_missing'],
    ],
    ['without a date', 'name,amount\na,1\n', ['file date_column_missing']],
    ['without an amount', 'name,date\na,2024-01-01\n', ['file amount_column_missing']],
  ])('%s is refused', (_what, file, expected) => {
    expect(refusal(file)).toEqual(expected);
  });

  const camt = (message: string, root: string, prefix = '') =>
    `<?xml version="1.0"?>\n<${prefix}Document xmlns="urn:iso:std:iso:20022:tech:xsd:${message}"><${prefix}${root}><GrpHdr/>`;

  it.each([
    ['CAMT.052', camt('camt.052.001.08', 'BkToCstmrAcctRpt'), /CAMT\.052.*within the day.*CAMT\.053/],
    ['CAMT.054', camt('camt.054.001.04', 'BkToCstmrDbtCdtNtfctn', 'ns:'), /CAMT\.054.*single bookings.*CAMT\.053/],
    ['CAMT.054 by its root alone', '<Document><BkToCstmrDbtCdtNtfctn>', /CAMT\.054/],
    ['another message of ISO 20022', camt('pain.001.001.09', 'CstmrCdtTrfInitn'), /PAIN\.001.*CAMT\.053/],
    ['other XML', '<?xml version="1.0"?><!-- of a shop --><shop:Invoice><Line/>', /XML \("shop:Invoice"\).*CAMT\.053/],
    ['MT940', ':20:STARTUMS\n:25:10020030/1234567\n:28C:00001/001\n:60F:C240101EUR1,00\n', /MT940.*CAMT\.053/],
    ['MT940 in its envelope', '{1:F01BANKDEFFXXX}{2:I940}{4:\n:20:X\n:25:1\n:60F:C240101EUR1,00\n', /MT940/],
    ['QIF', '!Type:Bank\nD01/02/2024\nT-4.20\nPTea\n^\n', /QIF.*CAMT\.053/],
    ['JSON', '{"date": "2024-01-01"}', /JSON.*CSV.*OFX.*CAMT\.053/],
    ['an Excel workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /an Excel workbook.*save it as CSV/],
  ])('%s is told what it is, and what is taken', (_what, file, message) => {
    expect(() => recogniseHead([Buffer.from(file)])).toThrow(
      expect.objectContaining({
        details: [
          expect.objectContaining({ field: 'file', code: 'file_not_csv', message: expect.stringMatching(message) }),
        ],
      }),
    );
  });

  it('is told from one that is', () => {
    expect(refusal('date,amount\n2024-01-01,1\n')).toEqual([]);
  });
});
