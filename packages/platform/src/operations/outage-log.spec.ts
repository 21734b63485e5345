import { expect, it } from '@jest/globals';
import { createLogger } from './logger.ts';
import { createOutageLog } from './outage-log.ts';

function startLog() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ service: 'test' }, { write: (line) => lines.push(JSON.parse(line)) });
  let now = 0;
  const log = createOutageLog({ logger, failing: 'it fails', working: 'it works' }, () => now);
  return {
    ...log,
    lines,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

it('warns of the first failure, then once a minute, and tells when it works again', () => {
  const { failed, worked, lines, pass } = startLog();
  worked();
  for (let second = 0; second < 150; second++) {
    failed(new Error('away'));
    pass(1_000);
  }
  worked();
  worked();
  expect(lines).toMatchObject([
    { level: 'warn', msg: 'it fails', failures: 1, error: { message: 'away' } },
    { level: 'warn', msg: 'it fails', failures: 61 },
    { level: 'warn', msg: 'it fails', failures: 121 },
    { level: 'info', msg: 'it works', failures: 150 },
  ]);
});

it('tells no more of what fails every other time, and each minute all the same', () => {
  const { failed, worked, lines, pass } = startLog();
  for (let second = 0; second < 90; second++) {
    if (second % 2 === 0) failed(new Error('away'));
    else worked();
    pass(1_000);
  }
  expect(lines.map(({ msg }) => msg)).toEqual(['it fails', 'it works', 'it fails', 'it works']);
});

it('warns at once of what fails after it has long worked', () => {
  const { failed, worked, lines, pass } = startLog();
  failed(new Error('away'));
  worked();
  pass(60_000);
  failed(new Error('again'));
  expect(lines.at(-1)).toMatchObject({ msg: 'it fails', failures: 1, error: { message: 'again' } });
});
