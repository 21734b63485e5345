import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';

/** A process that has taken two things, the first one slow to give back, and says what it does. */
const run = `
  const { rememberForTeardown } = await import(${JSON.stringify(new URL('./run-state.ts', import.meta.url).href)});
  const say = (line) => process.stdout.write(line + '\\n');
  rememberForTeardown(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    say('gave back the first');
  });
  rememberForTeardown(async () => {
    say('gave back the second');
    throw new Error('not all of it');
  });
  setInterval(() => {}, 1_000);
  say('ready');
`;

it.each(['SIGTERM', 'SIGINT'] as const)('a run that is ended by %s gives back what it took', async (signal) => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', run], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said: string[] = [];
  child.stdout.on('data', (chunk) => {
    said.push(...String(chunk).trim().split('\n'));
    if (said.at(-1) === 'ready') child.kill(signal);
  });

  const [code] = await once(child, 'close');

  expect(said).toEqual(['ready', 'gave back the second', 'gave back the first']);
  expect(code).toBe(signal === 'SIGTERM' ? 143 : 130);
});
