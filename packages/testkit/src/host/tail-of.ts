import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last lines of a file, for a message about what went wrong. */
export function tailOf(file: string, lines = 15): string {
  try {
    const descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, 16_384));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    closeSync(descriptor);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(nothing was written)';
  }
}
