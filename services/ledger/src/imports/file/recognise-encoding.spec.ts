import { describe, expect, it } from '@jest/globals';
import type { ImportEncoding } from '@outlay/contracts';
import iconv from 'iconv-lite';
import { decodeText } from './decode-text.ts';
import { recogniseEncoding } from './recognise-encoding.ts';

const text = 'Date;Payee;Amount\r\n03/01/17;Café Zürich – “Größe”;£12.50\r\n';

async function decoded(chunks: Buffer[], encoding: ImportEncoding): Promise<string> {
  const pieces: string[] = [];
  for await (const piece of decodeText(chunks, encoding)) pieces.push(piece);
  return pieces.join('');
}

/** Cuts in the middle of characters and line ends. */
const inPieces = (bytes: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

describe('the encoding of a file', () => {
  it.each([
    ['utf-8', 'utf-8', false],
    ['utf-8', 'utf-8', true],
    ['utf-16le', 'utf-16le', true],
    ['utf-16le', 'utf-16le', false],
    ['utf-16be', 'utf-16be', true],
    ['windows-1252', 'windows-1252', false],
  ] as const)('is recognised and undone: %s as %s, byte order mark: %s', async (written, expected, addBOM) => {
    const bytes = iconv.encode(text, written, { addBOM });
    for (const size of [1, 3, bytes.length]) {
      const chunks = inPieces(bytes, size);
      expect(recogniseEncoding(chunks)).toBe(expected);
      expect(await decoded(chunks, expected)).toBe(text.replaceAll('\r\n', '\n'));
    }
  });

  it('is windows-1252 where a single byte late in the file is not UTF-8', () => {
    const chunks = [Buffer.from('a,b\n'.repeat(50_000)), Buffer.from([0x50, 0x96, 0x20])];
    expect(recogniseEncoding(chunks)).toBe('windows-1252');
  });

  it('is not UTF-8 where the last character is cut off', () => {
    expect(recogniseEncoding([Buffer.from([0x61, 0xc3])])).toBe('windows-1252');
  });

  it('leaves old line ends and the end mark of DOS files out of the text', async () => {
    expect(await decoded([Buffer.from('a\rb\r'), Buffer.from('\nc\u001a')], 'utf-8')).toBe('a\nb\nc');
  });
});
