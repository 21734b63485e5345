import { describe, expect, it } from '@jest/globals';
import { type CsvSyntax, readRows, UnclosedQuote } from './read-rows.ts';

async function read(text: string, syntax: Partial<CsvSyntax> = {}): Promise<[number, ...string[]][]> {
  const pieces = async function* () {
    for (let at = 0; at < text.length; at += 5) yield text.slice(at, at + 5);
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
});
