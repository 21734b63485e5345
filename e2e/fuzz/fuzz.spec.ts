import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startPlatform, type TestPlatform } from '@outlay/testkit';
import { formatResult } from './format-result.ts';
import { runFuzz } from './run-fuzz.ts';
import { subjectEnvironment } from './subject.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: subjectEnvironment });
});
afterAll(() => platform.stop());

// The seed is fixed, so that this fails only when the code has changed; `npm run fuzz` takes a new one each time.
it('answers as documented, whatever it is sent', async () => {
  const results = await runFuzz({ platform, requests: 600, seed: 1 });

  expect(results.filter((result) => result.failure).map(formatResult)).toEqual([]);
  expect(results.reduce((sum, result) => sum + result.requests, 0)).toBeGreaterThanOrEqual(550);
}, 240_000);
