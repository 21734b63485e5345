import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child {
  process: ChildProcess;
  /** Lines of standard output that are JSON: the log. */
  lines(): Record<string, unknown>[];
  exited: Promise<number | NodeJS.Signals | null>;
}

/** Runs a fixture as a process of its own, as services run: `node --import <preload> file.ts`. */
export function startFixture(url: URL, options: { env?: NodeJS.ProcessEnv; execArgv?: string[] } = {}): Child {
  const { NODE_OPTIONS: _jest, ...inherited } = process.env;
  const child = fork(fileURLToPath(url), {
    env: { ...inherited, OTEL_EXPORTER_OTLP_ENDPOINT: '', ...options.env },
    execArgv: options.execArgv ?? [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  return {
    process: child,
    lines: () =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
    exited: new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code))),
  };
}

/** The next message a child sends. */
export function nextMessage<T>(child: Child): Promise<T> {
  return new Promise((resolve, reject) => {
    child.process.once('message', (message) => resolve(message as T));
    child.process.once('exit', (code) => reject(new Error(`The fixture exited with ${code}`)));
  });
}
