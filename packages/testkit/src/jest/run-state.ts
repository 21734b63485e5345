type Undo = () => Promise<void>;

/** Jest loads set-up and teardown as separate modules, possibly twice; the process is what they share. */
const shared = globalThis as typeof globalThis & { outlayTeardown?: Undo[] };

export function rememberForTeardown(undo: Undo): void {
  shared.outlayTeardown = [...(shared.outlayTeardown ?? []), undo];
}

export async function tearDown(): Promise<void> {
  const undos = shared.outlayTeardown ?? [];
  shared.outlayTeardown = [];
  for (const undo of undos.reverse()) await undo();
}
