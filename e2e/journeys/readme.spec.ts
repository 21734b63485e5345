import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startPlatform, type TestPlatform } from '@outlay/testkit';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const repository = new URL('../../', import.meta.url);

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startPlatform({
    bus: 'embedded',
    environment: { PLATFORM_ADMIN_EMAIL: 'platform@outlay.dev', PLATFORM_ADMIN_PASSWORD: 'Password123' },
  });
});
afterAll(() => platform?.stop());

it('does what the README shows, command by command', async () => {
  const { answers } = await runJourney('README.md');

  const summaries = answers.filter((answer) => 'by_category' in answer);
  expect(summaries).toEqual([
    expect.objectContaining({ month: '2025-01', currency: 'GBP', total: '120.00' }),
    expect.objectContaining({ month: '2017-01', currency: 'GBP' }),
  ]);
  expect(answers).toContainEqual(expect.objectContaining({ name: 'Brook & Sons', plan: 'professional' }));
});

it('goes through the door as the walk shows, until nothing that was held is good any more', async () => {
  const { answers, lastLine } = await runJourney('docs/signing-in.md');

  expect(answers).toContainEqual(expect.objectContaining({ email: 'mara@lindgren.example' }));
  expect(answers).toContainEqual(expect.objectContaining({ name: 'Berg', subdomain: 'berg' }));
  expect(answers).toContainEqual(expect.objectContaining({ recovery_codes: expect.any(Array) }));
  expect(answers).toContainEqual(expect.objectContaining({ title: 'Coffee', amount: '12.50' }));
  expect(answers).toContainEqual(expect.objectContaining({ session_ids: expect.any(Array) }));
  expect(lastLine).toBe('401');
});

/** Runs the blocks of a document that are marked as a journey, as one script. */
async function runJourney(document: string): Promise<{ answers: Record<string, unknown>[]; lastLine: string }> {
  const commands = [
    ...readFileSync(new URL(document, repository), 'utf8').matchAll(/<!-- journey: \w+ -->\n```sh\n(.*?)```/gs),
  ]
    .map(([, block]) => block)
    .join('\n')
    .replaceAll('http://localhost:8080', platform.gatewayUrl)
    .replaceAll('.outlay/mail', join(platform.logDirectory, 'mail'))
    // A refused request must fail the journey; a reader would see it.
    .replaceAll('curl -sS', 'curl -sS --fail-with-body');
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: fileURLToPath(repository),
    timeout: 60_000,
  });
  // Answers end without a line break, and what is printed next stands behind them.
  const lines = stdout
    .replace(/\}(?=[^\s,}\]"])/g, '}\n')
    .trim()
    .split('\n');
  const answers = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return { answers, lastLine: lines.at(-1) ?? '' };
}
