import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startPlatform } from '@outlay/testkit';

const repository = new URL('../../', import.meta.url);

let platform: Awaited<ReturnType<typeof startPlatform>>;

beforeAll(async () => {
  platform = await startPlatform({
    bus: 'embedded',
    environment: { PLATFORM_ADMIN_EMAIL: 'platform@outlay.dev', PLATFORM_ADMIN_PASSWORD: 'Password123' },
  });
}, 90_000);
afterAll(() => platform?.stop(), 30_000);

it('does what the README shows, command by command', async () => {
  const commands = [
    ...readFileSync(new URL('README.md', repository), 'utf8').matchAll(/<!-- journey: \w+ -->\n```sh\n(.*?)```/gs),
  ]
    .map(([, block]) => block)
    .join('\n')
    .replaceAll('http://localhost:8080', platform.gatewayUrl)
    // A refused request must fail the journey; a reader would see it.
    .replaceAll('curl -sS', 'curl -sS --fail-with-body');

  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: fileURLToPath(repository),
    timeout: 60_000,
  });

  const answers = stdout
    .replaceAll('}{', '}\n{')
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const summaries = answers.map((line) => JSON.parse(line)).filter((answer) => 'by_category' in answer);
  expect(summaries).toEqual([
    expect.objectContaining({ month: '2025-01', currency: 'GBP' }),
    expect.objectContaining({ month: '2017-01', currency: 'GBP' }),
  ]);
  expect(JSON.parse(answers.at(-1) ?? '{}')).toMatchObject({ plan: 'professional' });
}, 90_000);
