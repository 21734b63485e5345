import { processEntry } from '@outlay/testkit/host';

type Undo = () => Promise<void>;

export type ShutDown = {
  /** Remembers how to undo something; the last thing done is undone first. */
  add: (undo: Undo) => void;
  /** What is to be done at once when a second signal comes. */
  onForce: (kill: () => void) => void;
  isAsked: () => boolean;
  /** Says what went wrong, undoes everything and ends with exit code 1. */
  fail: (error: unknown) => Promise<void>;
};

/** Signals that follow at once are the same wish: a terminal sends Ctrl-C to npm too, and npm passes it on. */
const sameWishMs = 500;

/** Waits for Ctrl-C, SIGTERM, SIGHUP or the end of npm, and undoes everything then. */
export function createShutDown(): ShutDown {
  const undos: Undo[] = [];
  let kill = () => {};
  let askedAt: number | undefined;

  const stop = async (reason: string, exitCode: number) => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt < sameWishMs) return;
      console.error('Stopping at once.');
      kill();
      process.exit(1);
    }
    askedAt = performance.now();
    console.log(`\n${reason} Stopping ... (once more to stop at once)`);
    await undoAll();
    console.log('Stopped.');
    process.exit(exitCode);
  };
  const undoAll = async () => {
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
      await undo().catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
    }
  };
  process.on('SIGINT', () => void stop('', 0));
  process.on('SIGTERM', () => void stop('', 0));
  process.on('SIGHUP', () => void stop('The terminal is gone.', 0));
  stopWithNpm(() => void stop('npm has gone.', 0));

  return {
    add: (undo) => {
      // Something that was started while the stop was under way is stopped too.
      if (askedAt === undefined) undos.push(undo);
      else void undo();
    },
    onForce: (work) => {
      kill = work;
    },
    isAsked: () => askedAt !== undefined,
    fail: async (error) => {
      askedAt = performance.now();
      console.error(`\n${error instanceof Error ? error.message : String(error)}`);
      await undoAll();
      process.exit(1);
    },
  };
}

/** npm may be killed in a way that it cannot pass on, and the shell between it and us stays: we look whether it is still there. */
function stopWithNpm(stop: () => void): void {
  const npm = findNpm();
  if (npm === undefined) return;
  const timer = setInterval(() => {
    try {
      process.kill(npm, 0);
    } catch {
      clearInterval(timer);
      stop();
    }
  }, 1_000);
  timer.unref();
}

/** The npm among the processes that this one descends from. */
function findNpm(): number | undefined {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  for (
    let pid = process.ppid, entry = processEntry(pid);
    entry !== undefined;
    pid = entry.parent, entry = processEntry(pid)
  ) {
    if (/^npm\b|npm-cli\.js/.test(entry.command)) return pid;
  }
  return undefined;
}
