import { describe, expect, it } from '@jest/globals';
import { type DateOrder, readDate } from './read-date.ts';
import { gatherDates } from './recognise-dates.ts';
import { resolveDate } from './resolve-date.ts';

const today = '2025-06-15';

/** What each cell of a column means, when all of them decide together. */
function read(...cells: string[]): { format: string; dates: string[] } {
  return readAs(undefined, ...cells);
}

function readAs(usual: DateOrder | undefined, ...cells: string[]): { format: string; dates: string[] } {
  const evidence = gatherDates(today, usual);
  for (const cell of cells) evidence.add(cell);
  const format = evidence.conclude();
  const dates = cells.map((cell) => {
    const written = readDate(cell);
    if (!written) return 'date_invalid';
    const resolved = resolveDate(written, written.kind === 'compact' ? format.compactOrder : format.order, today);
    return 'date' in resolved ? resolved.date : resolved.fault;
  });
  return { format: format.text, dates };
}

describe('the dates of a file', () => {
  it.each([
    [['03/01/17', '27/01/17'], 'DD/MM/YY', ['2017-01-03', '2017-01-27']],
    [['01/03/17', '01/27/17'], 'MM/DD/YY', ['2017-01-03', '2017-01-27']],
    [['1/3/2017', '1/27/2017'], 'MM/DD/YYYY', ['2017-01-03', '2017-01-27']],
    [['3.1.2017', '27.01.2017'], 'DD.MM.YYYY', ['2017-01-03', '2017-01-27']],
    [['3-1-2017', '27-01-2017'], 'DD-MM-YYYY', ['2017-01-03', '2017-01-27']],
    [['2017-01-03', '2017-01-27T23:59:00Z'], 'YYYY-MM-DD', ['2017-01-03', '2017-01-27']],
    [['2017/01/03 08:15', '2017/1/27 9:00 pm'], 'YYYY/MM/DD', ['2017-01-03', '2017-01-27']],
    [['20170103', '20170127'], 'YYYYMMDD', ['2017-01-03', '2017-01-27']],
    [['03012017', '27012017'], 'DDMMYYYY', ['2017-01-03', '2017-01-27']],
    [['3 Jan 2017', '27-JAN-17'], 'D MMM YYYY', ['2017-01-03', '2017-01-27']],
    [['January 3, 2017', 'Fri, Jan 27th, 2017'], 'D MMM YYYY', ['2017-01-03', '2017-01-27']],
    [['3. März 2017', '27 août 2017'], 'D MMM YYYY', ['2017-03-03', '2017-08-27']],
    [['42738', '42762'], 'day number', ['2017-01-03', '2017-01-27']],
    [['31/01/17', '17/01/31', '30/01/17'], 'DD/MM/YY', ['2017-01-31', '2031-01-17', '2017-01-30']],
  ])('%j are %s', (cells, format, dates) => {
    expect(read(...cells)).toEqual({ format, dates });
  });

  it('are day first where nothing forbids it, and month first where one row does', () => {
    expect(read('03/04/2017', '05/06/2017').dates).toEqual(['2017-04-03', '2017-06-05']);
    expect(read('03/04/2017', '05/16/2017').dates).toEqual(['2017-03-04', '2017-05-16']);
  });

  it('are as the tenant writes them where nothing forbids it', () => {
    expect(readAs('mdy', '03/04/2017', '05/06/2017')).toEqual({
      format: 'MM/DD/YYYY',
      dates: ['2017-03-04', '2017-05-06'],
    });
    expect(readAs('mdy', '03/04/2017', '16/05/2017').dates).toEqual(['2017-04-03', '2017-05-16']);
    expect(readAs('ymd', '03/04/17').dates).toEqual(['2017-04-03']);
  });

  it('are as the tenant writes them where eight digits fit both', () => {
    expect(readAs('mdy', '03042017')).toEqual({ format: 'MMDDYYYY', dates: ['2017-03-04'] });
    expect(readAs('mdy', '03042017', '16042017').dates).toEqual(['2017-04-03', '2017-04-16']);
  });

  it('follow the many where a few contradict them', () => {
    expect(read('13/01/17', '14/01/17', '01/15/17').dates).toEqual(['2017-01-13', '2017-01-14', 'date_invalid']);
  });

  it('take two digits for the year that is not too far ahead', () => {
    expect(read('01/02/35').dates).toEqual(['2035-02-01']);
    expect(read('01/02/99').dates).toEqual(['1999-02-01']);
    expect(read('01/02/36').dates).toEqual(['date_out_of_range']);
  });

  it.each(['31/02/2017', '00/01/2017', '3/1', '2017', 'soon', '1/2/345', '12:30', '3 Foo 2017', '99999999'])(
    'are not %s',
    (cell) => {
      expect(read(cell).dates).toEqual(['date_invalid']);
    },
  );

  it('lie between 1970 and ten years from now', () => {
    expect(read('1969-12-31', '1970-01-01', '2035-06-15', '2035-06-16').dates).toEqual([
      'date_out_of_range',
      '1970-01-01',
      '2035-06-15',
      'date_out_of_range',
    ]);
  });
});

describe('the order of day and month', () => {
  const assumedOf = (cells: readonly string[], usual?: DateOrder) => {
    const evidence = gatherDates(today, usual);
    for (const cell of cells) evidence.add(cell);
    return evidence.conclude().assumed;
  };

  it.each([
    [['01/02/2025', '03/04/2025'], undefined, 'DD/MM/YYYY', 'MM/DD/YYYY'],
    [['01-02-25', '03-03-25'], undefined, 'DD-MM-YY', 'MM-DD-YY'],
    [['01022025'], undefined, 'DDMMYYYY', 'MMDDYYYY'],
    [['01/02/2025'], 'ymd', 'DD/MM/YYYY', 'MM/DD/YYYY'],
    [['2025-01-13', '2025-01-14', '03/04/2025'], undefined, 'DD/MM/YYYY', 'MM/DD/YYYY'],
    [['13/01/2025', '01/13/2025'], undefined, 'DD/MM/YYYY', 'MM/DD/YYYY'],
  ] as const)('is assumed of %j where the tenant writes %s', (cells, usual, taken, other) => {
    expect(assumedOf(cells, usual)).toEqual({ taken, other });
  });

  it.each([
    ['a row decides', ['01/02/2025', '13/02/2025'], undefined],
    ['a row decides for the month', ['01/02/2025', '02/13/2025'], undefined],
    ['most rows decide', ['13/01/17', '14/01/17', '01/15/17'], undefined],
    ['the tenant puts the day first', ['01/02/2025'], 'dmy'],
    ['the tenant puts the month first', ['01/02/2025', '01022025'], 'mdy'],
    ['two digits in front may be a year', ['25/01/02'], undefined],
    ['both orders mean the same days', ['01/01/2025', '02/02/2025'], undefined],
    ['dots are between the numbers', ['01.02.2025', '03.04.2025'], undefined],
    ['the year comes first', ['2025/01/02', '20250102'], undefined],
    ['the month is a word', ['1 Feb 2025'], undefined],
    ['there is no date', ['soon'], undefined],
  ] as const)('is not assumed where %s', (_what, cells, usual) => {
    expect(assumedOf(cells, usual)).toBeUndefined();
  });
});
