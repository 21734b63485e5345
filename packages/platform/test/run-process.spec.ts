import { describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { nextMessage, startFixture } from './support/child-process.ts';

const start = (misbehaviour = '', env: NodeJS.ProcessEnv = {}) =>
  startFixture(new URL('./fixtures/service-process.ts', import.meta.url), {
    env: { MISBEHAVIOUR: misbehaviour, ...env },
  });

const messages = (child: ReturnType<typeof start>) => child.lines().map(({ msg }) => msg);

describe('a service process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops cleanly at %s', async (signal) => {
    const child = start();
    await nextMessage(child);
    child.process.kill(signal);
    expect(await child.exited).toBe(0);
    expect(messages(child)).toEqual(['started', 'stopping', 'stopped']);
  });

  it('exits at a second signal when stopping hangs', async () => {
    const child = start('hangs');
    await nextMessage(child);
    child.process.kill('SIGTERM');
    await eventually(() => expect(messages(child)).toContain('stopping'));
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(1);
    expect(messages(child)).toContain('stopping at once');
  });

  it('exits when stopping takes longer than it may', async () => {
    const child = start('hangs', { SHUTDOWN_TIMEOUT_MS: '200' });
    await nextMessage(child);
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(1);
    expect(messages(child)).toContain('did not stop in time');
  });

  it.each([
    ['fails to start', 'start failed'],
    ['rejects', 'unhandled rejection'],
  ])('exits with 1 when it %s', async (misbehaviour, message) => {
    const child = start(misbehaviour);
    expect(await child.exited).toBe(1);
    expect(messages(child)).toContain(message);
  });

  it('names all bad variables in one line of its log and exits with 1', async () => {
    const child = start('is told nonsense');
    expect(await child.exited).toBe(1);
    expect(child.lines()).toEqual([
      expect.objectContaining({
        level: 'fatal',
        service: 'fixture',
        msg: 'the configuration is not valid',
        problems: ['THIS: is missing', 'THAT: is wrong'],
      }),
    ]);
  });

  it('exits with 1 when a part does not stop', async () => {
    const child = start('fails to stop');
    await nextMessage(child);
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(1);
  });
});
