import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startPlatform } from '@outlay/testkit';
import globalSetup from '@outlay/testkit/jest/global-setup';
import globalTeardown from '@outlay/testkit/jest/global-teardown';
import { formatResult } from './format-result.ts';
import { runFuzz } from './run-fuzz.ts';
import { subjectEnvironment } from './subject.ts';

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    bus: { type: 'string', default: 'embedded' },
    operation: { type: 'string', multiple: true },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
const bus = options.bus === 'rabbitmq' ? 'rabbitmq' : 'embedded';

await globalSetup({ maxWorkers: 1 });
const platform = await startPlatform({ bus, environment: subjectEnvironment });
try {
  say(`Seed ${options.seed}; the same again: npm run fuzz -- --requests ${options.requests} --seed ${options.seed}`);
  const results = await runFuzz({
    platform,
    requests: Number(options.requests),
    seed: Number(options.seed),
    only: options.operation,
    onResult: (result) => say(formatResult(result)),
  });
  const failed = results.filter((result) => result.failure).length;
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  say(`${requests} requests to ${results.length} operations: ${failed === 0 ? 'all is well' : `${failed} fail`}.`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  await platform.stop();
  await globalTeardown();
}
