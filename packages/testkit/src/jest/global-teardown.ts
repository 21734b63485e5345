import { tearDown } from './run-state.ts';

/** Gives back what the global set-up took: Redis databases, and the servers it started itself. */
export default async function globalTeardown(): Promise<void> {
  await tearDown();
}
