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

  it('is told from one that is', () => {
    expect(refusal('date,amount\n2024-01-01,1\n')).toEqual([]);
  });
});
