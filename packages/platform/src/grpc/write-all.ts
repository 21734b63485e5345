import type { Writable } from 'node:stream';

/**
 * Writes every item of an iterable to a stream, no faster than the stream takes them, and stops when the signal is
 * aborted; the iterable is then returned, so that a query behind it ends. Does not end the stream.
 */
export async function writeAll(
  stream: Pick<Writable, 'write' | 'once' | 'off'>,
  items: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for await (const item of items) {
    signal.throwIfAborted();
    if (!stream.write(item)) await drained(stream, signal);
  }
  signal.throwIfAborted();
}

function drained(stream: Pick<Writable, 'once' | 'off'>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = () => {
      stream.off('drain', onDrain);
      reject(signal.reason);
    };
    stream.once('drain', onDrain);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
