import { describe, expect, it } from '@jest/globals';
import { createSilentLogger } from '../operations/logger.ts';
import { createLifecycle } from './lifecycle.ts';

function newLifecycle(names: string[], failing: { start?: string; stop?: string } = {}) {
  const lifecycle = createLifecycle(createSilentLogger());
  const steps: string[] = [];
  for (const name of names) {
    lifecycle.add(name, {
      start: async () => {
        steps.push(`start ${name}`);
        if (failing.start === name) throw new Error(`${name} is broken`);
      },
      stop: async () => {
        steps.push(`stop ${name}`);
        if (failing.stop === name) throw new Error(`${name} is stuck`);
      },
    });
  }
  return { lifecycle, steps };
}

describe('a lifecycle', () => {
  it('starts in order and stops in reverse', async () => {
    const { lifecycle, steps } = newLifecycle(['database', 'server']);
    await lifecycle.start();
    await lifecycle.stop();
    expect(steps).toEqual(['start database', 'start server', 'stop server', 'stop database']);
  });

  it('stops what had started when one does not, the broken one included, and throws its error', async () => {
    const { lifecycle, steps } = newLifecycle(['database', 'bus', 'server'], { start: 'bus' });
    await expect(lifecycle.start()).rejects.toThrow('bus is broken');
    expect(steps).toEqual(['start database', 'start bus', 'stop bus', 'stop database']);
  });

  it('gives every part its turn to stop', async () => {
    const { lifecycle, steps } = newLifecycle(['database', 'bus', 'server'], { stop: 'bus' });
    await lifecycle.start();
    await expect(lifecycle.stop()).rejects.toThrow('did not stop cleanly');
    expect(steps.slice(3)).toEqual(['stop server', 'stop bus', 'stop database']);
  });

  it('stops once however often it is told to', async () => {
    const { lifecycle, steps } = newLifecycle(['server']);
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(steps).toEqual(['start server', 'stop server']);
  });

  it('stops starting when it is told to stop meanwhile', async () => {
    const lifecycle = createLifecycle(createSilentLogger());
    let hasStarted = false;
    lifecycle.add('slow', { start: () => void lifecycle.stop() });
    lifecycle.add('late', {
      start: () => {
        hasStarted = true;
      },
    });
    await expect(lifecycle.start()).rejects.toThrow('Stopped while starting');
    expect(hasStarted).toBe(false);
  });
});
