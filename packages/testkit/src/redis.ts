import { testVariable } from './test-environment.ts';

/** The Redis database of this test worker. Nothing else uses it during the run; it is emptied at the end of the run, never between tests. */
export function testRedisUrl(): string {
  const urls = testVariable('TEST_REDIS_URLS').split(' ');
  const worker = Number(process.env.JEST_WORKER_ID ?? '1') - 1;
  return urls[worker % urls.length] as string;
}
