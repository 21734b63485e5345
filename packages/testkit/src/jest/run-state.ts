import { constants } from 'node:os';
import { inspect } from 'node:util';

type Undo = () => Promise<void>;

/** Jest loads set-up and teardown as separate modules, possibly twice; the process is what they share. */
const shared = globalThis as typeof globalThis & { outlayTeardown?: Undo[] };

/** Keeps something to be undone when the run ends, also by SIGINT or SIGTERM, at which jest itself calls no teardown. */
export function rememberForTeardown(undo: Undo): void {
  if (shared.outlayTeardown === undefined) {
    process.once('SIGINT', endEarly);
    process.once('SIGTERM', endEarly);
  }
  shared.outlayTeardown = [...(shared.outlayTeardown ?? []), undo];
}

/** Undoes what was kept, the last first; what cannot be undone keeps nothing else. */
export async function tearDown(): Promise<void> {
  const undos = shared.outlayTeardown ?? [];
  shared.outlayTeardown = [];
  const failures: unknown[] = [];
  for (const undo of undos.reverse()) await undo().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, 'Not all that the run took could be given back');
}

/** Ends as a process does that the signal has killed. Tests that run meanwhile fail, and are not waited for. */
async function endEarly(signal: NodeJS.Signals): Promise<void> {
  await tearDown().catch((error: unknown) => process.stderr.write(`${inspect(error)}\n`));
  process.exit(128 + constants.signals[signal]);
}
