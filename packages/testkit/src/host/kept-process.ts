import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A program to run, where its output goes, and (for root) as whom. */
export type KeptProgram = {
  command: [string, ...string[]];
  /** The signal by which this program stops in good order. */
  stopSignal: NodeJS.Signals;
  logFile: string;
  uid?: number;
  gid?: number;
  environment?: Record<string, string>;
};

/** A program that runs. `stop` kills it when it has not stopped in time (10 s). */
export type KeptProcess = {
  pid: number;
  hasExited: () => boolean;
  exited: Promise<void>;
  stop: (timeoutMs?: number) => Promise<void>;
};

/** Starts a program that stops by itself when this process is gone, however it went. Its output is appended to `logFile`. */
export function startKept(program: KeptProgram): KeptProcess {
  const { command, stopSignal, logFile, uid, gid, environment } = program;
  const runner = fileURLToPath(new URL('./run-with-parent.ts', import.meta.url));
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [runner, JSON.stringify({ command, stopSignal, uid, gid })], {
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: a terminal's Ctrl-C must not stop a database under the services that still use it.
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  closeSync(log);
  child.channel?.unref();
  child.unref();
  return { pid: child.pid ?? 0, ...stopping(child, stopSignal) };
}

/** How a child that leads its own process group is stopped: asked first, then the whole group is killed. */
export function stopping(child: ChildProcess, stopSignal: NodeJS.Signals): Omit<KeptProcess, 'pid'> {
  const hasExited = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (timeoutMs = 10_000) => {
    if (hasExited()) return;
    child.kill(stopSignal);
    const timer = setTimeout(() => killGroup(child.pid as number), timeoutMs);
    await exited;
    clearTimeout(timer);
  };
  return { hasExited, exited, stop };
}

/** SIGKILL to a process that leads its own group, and to all in it. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}
