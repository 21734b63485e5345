import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startPlatform, type TestPlatform, unlimited } from '@outlay/testkit';
import { platformAdminEnvironment } from '../drivers/platform-admin.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
const file = fileURLToPath(
  new URL('../../services/ledger/test/fixtures/purchase-cards/purchase-card-transactions-201612.csv', import.meta.url),
);

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: { ...platformAdminEnvironment, ...unlimited } });
});
afterAll(() => platform?.stop());

it('the demo shows a preview, an import, a month, a correction, books that balance and are sealed, and takes all of it back', async () => {
  const env = { ...process.env, ...platformAdminEnvironment };

  const { stdout } = await promisify(execFile)(process.execPath, [script, '--url', platform.gatewayUrl, file], { env });

  const steps = [
    /3002 rows: 3002 new, 0 seen before, 0 skipped, 0 refused/,
    /Nothing is booked yet/,
    /3002 imported/,
    /What 2016-12 came to\n\d\d/,
    /becomes 99\.00 GBP/,
    /the books balance/,
    /3004 journal entries, all sealed, none changed/,
    /"status":"valid","sealed":3004/,
    /3002 expenses reversed/,
    /0\.00 GBP in 0 expenses/,
    /the books balance/,
  ];
  let rest = stdout;
  for (const step of steps) {
    expect(rest).toMatch(step);
    rest = rest.slice(rest.search(step) + 1);
  }
}, 240_000);

it('the demo says what to do where nothing answers', async () => {
  const run = promisify(execFile)(process.execPath, [script, '--url', 'http://127.0.0.1:9']);

  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('npm start') });
});
