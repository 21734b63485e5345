/** One way to come by a server: answers it, answers undefined where that way does not exist here, or throws why it did not work. */
export type Way<T> = { name: string; find: () => Promise<T | undefined> };

/** Tries the ways in order, and reports those that failed. Where none works, the error says what was tried, why it failed, and what to do. */
export async function firstThatWorks<T>(
  what: string,
  ways: readonly Way<T>[],
  { report, advice }: { report: (line: string) => void; advice: string },
): Promise<T> {
  const tried: string[] = [];
  for (const { name, find } of ways) {
    try {
      const found = await find();
      if (found !== undefined) return found;
      tried.push(`${name}: none`);
    } catch (error) {
      report(`${what}, ${name}: ${reasonOf(error)}`);
      tried.push(`${name}: ${reasonOf(error)}`);
    }
  }
  throw new Error(`Tests need ${what}, and there is none to be had.\n  ${tried.join('\n  ')}\n${advice}`);
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/** With OUTLAY_TEST_SERVERS=own, servers that run already are left alone and tests start their own. */
export function mayUseRunning(): boolean {
  return process.env.OUTLAY_TEST_SERVERS !== 'own';
}
