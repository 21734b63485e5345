import { createLogger, type Logger } from '@outlay/platform';

const keptMax = 20;

/** What services of this test file said; the environment of the tests reads it from outside the file's context. */
const shared = globalThis as typeof globalThis & { outlayErrors?: string[] };

/** A logger that writes nothing. The last errors are kept, and printed should the test fail in which they were said. */
export function createTestLogger(): Logger {
  return createLogger({ service: 'under test', level: 'error' }, { write: keep });
}

function keep(line: string): void {
  shared.outlayErrors ??= [];
  shared.outlayErrors.push(line);
  if (shared.outlayErrors.length > keptMax) shared.outlayErrors.shift();
}
