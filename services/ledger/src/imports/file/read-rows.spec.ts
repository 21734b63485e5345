import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type CsvSyntax, createCsvSplitter, UnclosedQuote } from './csv-splitter.ts';
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

  it.each(['none', 'mended'] as const)('have no cells in a longer line where quotes are %s', async (quoting) => {
    const long = 'x'.repeat(65_537);
    for (const size of [1_000, 65_536, 300_000]) {
      expect(await read(`1;2\n${long}${long}\n3;4\n\n"5;${long}\n6;7\n${long}`, { quoting }, size)).toEqual([
        ...[[1, '1', '2'], [2], [3, '3', '4'], [5], [6, '6', '7'], [7]],
      ]);
    }
  });

  it('are those that csv-parse finds, whatever the text and its pieces', async () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ';', '"', '""', '\n', 'é'), maxLength: 60 });
    const kinds = fc.constantFrom<'double' | 'none'>('double', 'none');
    await fc.assert(
      fc.asyncProperty(texts, kinds, fc.integer({ min: 1, max: 7 }), async (text, quoting, size) => {
        const rows = await read(text, { quoting }, size).catch((error: unknown) => (error as Error).name);
        expect(rows).toEqual(recordsOf(text, quoting));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the rows of a file whose quotes are mended', () => {
  const mended = { quoting: 'mended', width: 3 } as const;

  it.each([
    ['at the end', '1;"b;c";d\n2;x;"oops', [1, '1', 'b;c', 'd'], [2, '2', 'x', '"oops']],
    ['before the end of the line', '2;"oops;y\n1;"b;c";d\n', [1, '2', '"oops', 'y'], [2, '1', 'b;c', 'd']],
    ['before a quote on its line', '2;"oops;"b;c"\n1;a;d\n', [1, '2', '"oops', 'b;c'], [2, '1', 'a', 'd']],
    ['before another one', '1;x;"b\n2;y;5"\n3;"z;";w\n', [1, '1', 'x', '"b'], [2, '2', 'y', '5"'], [3, '3', 'z;', 'w']],
    ['with a doubled one', '1;"b;c";d\n2;x;"12"" cable', [1, '1', 'b;c', 'd'], [2, '2', 'x', '"12"" cable']],
  ])('are split at theirs: one that is not closed, %s, is text', async (_where, text, ...rows) => {
    for (const size of [1, 5, 100]) expect(await read(text, mended, size)).toEqual(rows);
  });

  it('may hold lines in quotes that are closed', async () => {
    const text = '1;"a;\nb";"c\n\nd\n"\n2;x;"oops\n3;"y\nz";w\n';
    expect(await read(text, mended)).toEqual([
      [1, '1', 'a;\nb', 'c\n\nd\n'],
      [6, '2', 'x', '"oops'],
      [7, '3', 'y\nz', 'w'],
    ]);
  });

  it('are held no longer than 64 kB for a quote that is never closed', () => {
    const splitter = createCsvSplitter({ delimiter: ';', ...mended });
    const line = `1;2;${'x'.repeat(95)}\n`;
    const early = [...splitter.take(`1;"oops;3\n${line.repeat(640)}`)];
    const later = [...splitter.take(line.repeat(640))];
    expect([early.length, later.length, [...splitter.end()].length]).toEqual([0, 1_281, 0]);
    expect(later[0]).toEqual({ line: 1, cells: ['1', '"oops', '3'], quotes: 'unclosed' });
  });

  it('are the same in whatever pieces they come', async () => {
    const texts = fc.string({ unit: fc.constantFrom('a', ';', '"', '""', '\n', ';"', '"\n'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 7 }), async (text, size) => {
        expect(await read(text, mended, size)).toEqual(await read(text, mended, 100));
      }),
      { numRuns: 1_000 },
    );
  });

  it('are those that were written, but for the ones whose quotes are not closed', async () => {
    const texts = fc
      .string({ unit: fc.constantFrom('b', ' ', '"', '\n'), maxLength: 6 })
      .chain((rest) => fc.constantFrom('', `a${rest}`, `a;${rest}`));
    const written = fc.tuple(texts, texts, texts).map((cells) => ({ cells, isStray: false }));
    const stray = fc.constantFrom(['"a', 'b', 'c'], ['a', '"b', 'c'], ['a', 'b', '"c']);
    const rows = fc.array(
      fc.oneof(
        written,
        stray.map((cells) => ({ cells, isStray: true })),
      ),
      { maxLength: 8 },
    );
    const lineOf = ({ cells, isStray }: { cells: readonly string[]; isStray: boolean }) =>
      cells.map((cell) => (isStray ? cell : `"${cell.replaceAll('"', '""')}"`)).join(';');
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const found = await read(given.map((row) => `${lineOf(row)}\n`).join(''), mended);
        expect(found.map(([, ...cells]) => cells)).toEqual(given.map(({ cells }) => cells));
      }),
      { numRuns: 1_000 },
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
