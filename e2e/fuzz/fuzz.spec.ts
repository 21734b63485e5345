import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startPlatform, type TestPlatform } from '@outlay/testkit';
import { formatResult } from './format-result.ts';
import { runFuzz } from './run-fuzz.ts';
import { subjectEnvironment } from './subject.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: subjectEnvironment });
}, 90_000);
afterAll(() => platform.stop(), 30_000);

// The seed is fixed, so that this fails only when the code has changed; `npm run fuzz` takes a new one each time.
it('answers as documented, whatever it is sent', async () => {
  const results = await runFuzz({ gatewayUrl: platform.gatewayUrl, requests: 600, seed: 1 });

  expect(results.filter((result) => result.failure).map(formatResult)).toEqual([]);
  expect(results.reduce((sum, result) => sum + result.requests, 0)).toBeGreaterThanOrEqual(550);
}, 120_000);
