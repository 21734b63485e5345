import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { local } from './local-files.ts';

const everyMs = 500;
const errorLevel = 50;

/** Follows the services' logs and prints, in one line each, what they log as an error. The whole entry is in the file. */
export function showErrors(names: string[]): { stop: () => void } {
  const files = names.map((name) => ({ name, path: local('logs', `${name}.log`), read: 0 }));
  for (const file of files) file.read = sizeOf(file.path);
  // Nothing else need be going on in the starter: this timer also keeps it alive.
  const timer = setInterval(() => {
    for (const file of files) {
      const size = sizeOf(file.path);
      const text = readBetween(file.path, file.read, size);
      const end = text.lastIndexOf('\n') + 1;
      file.read += Buffer.byteLength(text.slice(0, end));
      for (const line of text.slice(0, end).split('\n')) showIfError(file.name, line);
    }
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

function showIfError(name: string, line: string): void {
  if (!/"level":(?:[56]0|"(?:error|fatal)")/.test(line)) return;
  try {
    const entry = JSON.parse(line) as { level: number | string; msg?: string; error?: { message?: string } };
    if (typeof entry.level === 'number' && entry.level < errorLevel) return;
    console.error(
      `[${name}] ${entry.msg ?? 'error'}${entry.error?.message === undefined ? '' : `: ${entry.error.message}`}`,
    );
  } catch {
    console.error(`[${name}] ${line}`);
  }
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function readBetween(path: string, from: number, to: number): string {
  if (to <= from) return '';
  const buffer = Buffer.alloc(Math.min(to - from, 1_000_000));
  const descriptor = openSync(path, 'r');
  readSync(descriptor, buffer, 0, buffer.length, from);
  closeSync(descriptor);
  return buffer.toString('utf8');
}
