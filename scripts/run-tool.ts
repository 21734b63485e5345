import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

const tools = resolve(import.meta.dirname, '../node_modules/.bin');

/** How a tool ended (`null`: by a signal), and all that it said. */
export interface Outcome {
  code: number | null;
  output: string;
}

/** Runs a program to its end, one of the project's own tools before one of the machine's. Rejects where it cannot start. */
export function runTool(
  [program, ...args]: readonly string[],
  { cwd, env }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  return new Promise((resolveOutcome, reject) => {
    const path = `${tools}${delimiter}${process.env.PATH ?? ''}`;
    const child = spawn(String(program), args, {
      ...(cwd !== undefined && { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, PATH: path },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolveOutcome({ code, output }));
  });
}
