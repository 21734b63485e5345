import { setImmediate } from 'node:timers/promises';

/**
 * Bytes of a file that are dealt with in one piece. Reading is work of the processor, and awaiting what is there already
 * lets nothing else have a turn: between two pieces everybody else of the process has theirs.
 */
export const pieceSize = 16 * 1_024;

/** Rows that are dealt with in one piece: a few milliseconds of work, whatever becomes of them. */
const rowsAtOnce = 250;

/** Resolves after what else is waiting in the process had its turn. */
export const nextTurn = (): Promise<void> => setImmediate();

/** The same rows; now and then others have a turn between two of them. */
export async function* inTurns<T>(rows: AsyncIterable<T>): AsyncGenerator<T> {
  let count = 0;
  for await (const row of rows) {
    yield row;
    if (++count % rowsAtOnce === 0) await nextTurn();
  }
}

/** The same bytes in small pieces. */
export function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}
