type Undo = () => Promise<void>;

/** Jest loads set-up and teardown as separate modules, possibly twice; the process is what they share. */
const shared = globalThis as typeof globalThis & { outlayTeardown?: Undo[] };

/** Keeps something to be undone when the run ends. */
export function rememberForTeardown(undo: Undo): void {
  shared.outlayTeardown = [...(shared.outlayTeardown ?? []), undo];
}

/** Undoes what was kept, the last first. */
export async function tearDown(): Promise<void> {
  const undos = shared.outlayTeardown ?? [];
  shared.outlayTeardown = [];
  for (const undo of undos.reverse()) await undo();
}
