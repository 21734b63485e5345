import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TestEnvironment } from 'jest-environment-node';

/** What keeps a process alive and belongs to somebody: connections, listeners, timers, child processes, workers. */
const watched = [
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeServerWrap',
  'Timeout',
  'Immediate',
  'ProcessWrap',
  'MessagePort',
];
// Longer than any timer that ends by itself, such as the grace of a connection that is being closed.
const graceMs = 15_000;

/**
 * Fails a test file that leaves something open behind: a leaked connection or timer would be a leak in the service too. Of a
 * test that fails it prints what the services said of errors meanwhile (test-logger.ts): their callers are not told.
 */
export default class LeakCheckEnvironment extends TestEnvironment {
  #before = openResources();
  #hasFailed = false;

  handleTestEvent({ name }: { name: string }): void {
    if (name === 'test_start') this.global.outlayErrors = [];
    if (name !== 'test_fn_failure' && name !== 'hook_failure') return;
    this.#hasFailed = true;
    const said = this.global.outlayErrors;
    if (Array.isArray(said)) process.stderr.write(said.join(''));
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.#before = openResources();
  }

  override async teardown(): Promise<void> {
    const leaks = await this.#leaksAfterGrace();
    await super.teardown();
    // A test that failed half-way leaves things open, and its own failure says more.
    if (leaks.length > 0 && !this.#hasFailed)
      throw new Error(
        `The tests of this file left open: ${leaks.join(', ')}. Close what they start in afterAll or afterEach.`,
      );
  }

  async #leaksAfterGrace(): Promise<string[]> {
    for (const deadline = performance.now() + graceMs; ; await delay(25, undefined, { ref: false })) {
      const now = openResources();
      const leaks = watched.flatMap((kind) => {
        const more = (now.get(kind) ?? 0) - (this.#before.get(kind) ?? 0);
        return more > 0 ? [`${more} ${kind}`] : [];
      });
      if (leaks.length === 0) return leaks;
      if (performance.now() > deadline) return [...leaks, ...openConnections()];
    }
  }
}

/** Where sockets lead, those from before included, but for what is no connection, as a pipe is none. Node tells it in no documented way. */
function openConnections(): string[] {
  const { _getActiveHandles: activeHandles } = process as unknown as { _getActiveHandles?: () => unknown[] };
  return (activeHandles?.() ?? []).flatMap((handle) =>
    handle instanceof Socket && !(handle.readyState === 'open' && handle.remotePort === undefined)
      ? [`${handle.localPort} to ${handle.remotePort} (${handle.readyState}, ${handle.bytesRead} bytes read)`]
      : [],
  );
}

function openResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
