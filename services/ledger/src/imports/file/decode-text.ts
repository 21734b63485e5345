import type { ImportEncoding } from '@outlay/contracts';
import iconv from 'iconv-lite';
import { inPieces, nextTurn } from './next-turn.ts';

/**
 * The text of a file, in small pieces as its bytes come and a turn of the process for each, without a byte order mark and with every line end as `\n`,
 * so that lines can be counted the same way whatever wrote the file. Old DOS files end in Ctrl-Z, which is dropped.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: ImportEncoding,
): AsyncGenerator<string> {
  const decoder = iconv.getDecoder(encoding, { stripBOM: true });
  const unify = lineEndUnifier();
  for await (const chunk of chunks) {
    for (const piece of inPieces(chunk)) {
      const text = unify(decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
      if (text !== '') yield text;
      await nextTurn();
    }
  }
  const rest = unify(decoder.end() ?? '', true);
  if (rest !== '') yield rest;
}

/** A carriage return at the end of a piece is held back until it is known whether a line feed follows. */
function lineEndUnifier(): (text: string, last?: boolean) => string {
  let heldBack = '';
  return (text, last = false) => {
    let whole = heldBack + text;
    heldBack = '';
    if (!last && whole.endsWith('\r')) {
      heldBack = '\r';
      whole = whole.slice(0, -1);
    }
    return whole.replaceAll(/\r\n?/g, '\n').replaceAll('\u001a', '');
  };
}
