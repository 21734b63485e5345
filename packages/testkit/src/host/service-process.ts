import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type KeptProcess, killGroup, stopping } from './kept-process.ts';
import { repositoryRoot } from './repository.ts';
import { tailOf } from './tail-of.ts';

/** What a service is started with. */
export type ServiceProcessOptions = {
  name: string;
  /** Its entry file, from the root of the repository. */
  main: string;
  /** What holds whatever our own environment says. */
  environment: Record<string, string>;
  /** What holds where our own environment says nothing. */
  defaults?: Record<string, string>;
  /** What it does not get to see, wherever it comes from. */
  hidden?: ReadonlySet<string>;
  opsPort: number;
  logFile: string;
};

/** A service that can be started, stopped, killed and started again. */
export type ServiceProcess = {
  name: string;
  /** Undefined while it does not run. */
  pid: () => number | undefined;
  start: () => void;
  /** Resolves when its own `/readyz` answers 200; rejects with the end of the log when the process ends before that. */
  ready: (timeoutMs?: number) => Promise<void>;
  /** SIGTERM, and SIGKILL for its whole process group when that is ignored for `timeoutMs`. */
  stop: (timeoutMs?: number) => Promise<void>;
  /** `kill -9`, and waits until it has gone; or any other signal. */
  kill: (signal?: NodeJS.Signals) => Promise<void>;
  /** Called when the process ends without having been told to. */
  onUnexpectedExit: (listener: (reason: string) => void) => void;
};

/** One service of the platform as a process of its own, as in production but for where its log goes. */
export function createServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, opsPort, logFile } = options;
  let child: ChildProcess | undefined;
  let handle: Omit<KeptProcess, 'pid'> | undefined;
  let wanted = false;
  const listeners: ((reason: string) => void)[] = [];
  const isRunning = () => handle !== undefined && !handle.hasExited();

  return {
    name,
    pid: () => (isRunning() ? child?.pid : undefined),
    start: () => {
      if (isRunning()) throw new Error(`${name} runs already`);
      wanted = true;
      child = spawnService(options);
      handle = stopping(child, 'SIGTERM');
      child.once('exit', (code, signal) => {
        if (wanted)
          for (const listener of listeners) listener(signal === null ? `exit code ${code}` : `signal ${signal}`);
      });
    },
    ready: async (timeoutMs = 60_000) => {
      const deadline = performance.now() + timeoutMs;
      for (let answer = ''; answer !== 'ready'; ) {
        if (!isRunning())
          throw new Error(`${name} ended while it was starting. The end of ${logFile}:\n${tailOf(logFile)}`);
        if (performance.now() > deadline) {
          throw new Error(
            `${name} is not ready after ${timeoutMs / 1000} s (${answer}). The end of ${logFile}:\n${tailOf(logFile)}`,
          );
        }
        await delay(40);
        answer = await readiness(opsPort, child?.pid);
      }
    },
    stop: async (timeoutMs = 12_000) => {
      wanted = false;
      await handle?.stop(timeoutMs);
    },
    kill: async (signal = 'SIGKILL') => {
      const pid = isRunning() ? child?.pid : undefined;
      if (pid === undefined) return;
      if (signal !== 'SIGKILL') return void process.kill(pid, signal);
      killGroup(pid);
      await handle?.exited;
    },
    onUnexpectedExit: (listener) => listeners.push(listener),
  };
}

function spawnService({
  main,
  environment,
  defaults,
  hidden = new Set(),
  logFile,
}: ServiceProcessOptions): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const preload = fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url));
  const args = ['--import', preload, '--import', '@outlay/platform/telemetry', main];
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    // Straight to the file: a parent that is busy or gone must not hold up a service that logs.
    stdio: ['ignore', log, log, 'ipc'],
    // A group of its own: a terminal's Ctrl-C goes to the starter, which stops the services in their order.
    detached: true,
    env: without(hidden, { NODE_COMPILE_CACHE: compileCache, ...defaults, ...inherited(), ...environment }),
  });
  closeSync(log);
  child.channel?.unref();
  child.unref();
  return child;
}

function without(hidden: ReadonlySet<string>, variables: Record<string, string | undefined>) {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !hidden.has(name)));
}

/** Where processes keep what they compiled for the next of them, which then starts in half the time. */
const compileCache = join(repositoryRoot, 'node_modules/.cache/outlay/compiled');

/** What a service may see of our environment: not where our own servers are, and nothing of the test runner. */
function inherited(): Record<string, string | undefined> {
  const hidden = new Set([
    'DATABASE_URL',
    'AMQP_URL',
    'REDIS_URL',
    'NODE_OPTIONS',
    'JEST_WORKER_ID',
    'GATEWAY_PORT',
    'GRPC_PORT',
    'OPS_PORT',
  ]);
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !hidden.has(name) && !name.startsWith('TEST_')),
  );
}

async function readiness(opsPort: number, pid: number | undefined): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${opsPort}/readyz`, { signal: AbortSignal.timeout(2_000) });
    const answer: { pid?: number } = JSON.parse(await response.text());
    if (answer.pid !== pid) return `another program listens on its operations port, ${opsPort}`;
    return response.status === 200 ? 'ready' : JSON.stringify(answer);
  } catch {
    return 'nothing that tells of it listens on its operations port';
  }
}
