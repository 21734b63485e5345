import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type CsvSyntax, UnclosedQuote } from './csv-splitter.ts';
import { readFirstRows, readRows } from './read-rows.ts';

async function read(text: string, syntax: Partial<CsvSyntax> = {}, size = 5): Promise<[number, ...string[]][]> {
  const pieces = async function* () {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  };
  const rows: [number, ...string[]][] = [];
  for await (const { line, cells } of readRows(pieces(), { delimiter: ';', quoting: 'double', ...syntax })) {
    rows.push([line, ...cells]);
  }
  return rows;
}

describe('the rows of a file', () => {
  it('come with the line they begin on, blank lines and quoted line ends counted', async () => {
    expect(await read('a;b\n\n1;"x\ny"\n   \n2;"q\n\nr"\n\n\n3;4\n')).toEqual([
      [1, 'a', 'b'],
      [3, '1', 'x\ny'],
      [6, '2', 'q\n\nr'],
      [11, '3', '4'],
    ]);
  });

  it('may be ragged, and hold quotes within their text', async () => {
    expect(await read('1;2;3;;\n4\n5" pipe;"6 ""inch"" pipe"\n')).toEqual([
      [1, '1', '2', '3', '', ''],
      [2, '4'],
      [3, '5" pipe', '6 "inch" pipe'],
    ]);
  });

  it('that are empty cells only are rows still', async () => {
    expect(await read(';;\n')).toEqual([[1, '', '', '']]);
  });

  it('cannot be told where a quote never closes, unless quotes are text', async () => {
    await expect(read('1;"two\n3;4\n')).rejects.toThrow(UnclosedQuote);
    expect(await read('1;"two\n3;"4"\n', { quoting: 'none' })).toEqual([
      [1, '1', '"two'],
      [2, '3', '4'],
    ]);
  });

  it('are too long for a record beyond 64 kB, in whatever pieces they come', async () => {
    for (const size of [1_000, 65_536, 200_000]) {
      expect(await read(`1;${'x'.repeat(65_534)}\n2;3\n`, {}, size)).toHaveLength(2);
      await expect(read(`1;${'x'.repeat(65_535)}\n2;3\n`, {}, size)).rejects.toThrow(UnclosedQuote);
      await expect(read(`1;${'x'.repeat(65_535)}`, {}, size)).rejects.toThrow(UnclosedQuote);
    }
  });

  it('are those that csv-parse finds, whatever the text and its pieces', async () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ';', '"', '""', '\n', 'é'), maxLength: 60 });
    const kinds = fc.constantFrom<CsvSyntax['quoting']>('double', 'none');
    await fc.assert(
      fc.asyncProperty(texts, kinds, fc.integer({ min: 1, max: 7 }), async (text, quoting, size) => {
        const rows = await read(text, { quoting }, size).catch((error: unknown) => (error as Error).name);
        expect(rows).toEqual(recordsOf(text, quoting));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the first rows of a file', () => {
  it('are as many as are asked for, and those before a quote that does not close', () => {
    const syntax = { delimiter: ';', quoting: 'double' } as const;
    const cellsOf = (text: string, most: number) =>
      readFirstRows(text, syntax, most).map(({ cells }) => cells.join('|'));

    expect(cellsOf('a;b\n\n1;2\n3;4\n', 2)).toEqual(['a|b', '1|2']);
    expect(cellsOf('a;b\n1;2\n3;"4\n5;6\n', 9)).toEqual(['a|b', '1|2']);
    expect(cellsOf('a;b\n1;2\n3', 9)).toEqual(['a|b', '1|2', '3']);
  });
});

/** What csv-parse makes of a text, with blank lines left out and numbered lines as here. */
function recordsOf(text: string, quoting: CsvSyntax['quoting']): [number, ...string[]][] | string {
  const quote = quoting === 'double' ? '"' : null;
  const options = { delimiter: ';', quote, escape: quote, record_delimiter: '\n', relax_quotes: true, info: true };
  try {
    const parsed = parse(text, { ...options, relax_column_count: true, skip_empty_lines: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return parsed.flatMap(({ record, info }) => {
      const cells = quoting === 'double' ? record : record.map((cell) => /^"(.*)"$/.exec(cell)?.[1] ?? cell);
      const line = info.lines - (cells.join('').match(/\n/g)?.length ?? 0);
      return cells.length === 1 && cells[0]!.trim() === '' ? [] : [[line, ...cells] as [number, ...string[]]];
    });
  } catch {
    return 'UnclosedQuote';
  }
}
