import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServiceProcess, type ServiceProcess } from '../../src/host/service-process.ts';
import { eventually, freePort } from '../../src/index.ts';

describe('createServiceProcess', () => {
  let directory: string;
  let opsPort: number;
  let service: ServiceProcess;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'outlay-service-process-'));
    opsPort = await freePort();
  });
  afterEach(async () => {
    await service?.kill();
    await rm(directory, { recursive: true, force: true });
  });

  function create(behaviour = '') {
    service = createServiceProcess({
      name: 'small',
      main: 'packages/testkit/test/component/fixtures/small-service.ts',
      environment: { OPS_PORT: String(opsPort), BEHAVIOUR: behaviour },
      opsPort,
      logFile: join(directory, 'small.log'),
    });
    return service;
  }

  it('starts, becomes ready, stops and starts again', async () => {
    create().start();
    await service.ready();
    const first = service.pid() as number;

    await service.stop();

    expect(isAlive(first)).toBe(false);
    expect(service.pid()).toBeUndefined();
    service.start();
    await service.ready();
    expect(service.pid()).not.toBe(first);
  });

  it('kills what ignores SIGTERM', async () => {
    create('stubborn').start();
    await service.ready();
    const pid = service.pid() as number;

    await service.stop(300);

    expect(isAlive(pid)).toBe(false);
  });

  it('says why a service did not start', async () => {
    create('broken').start();

    await expect(service.ready()).rejects.toThrow(
      /small ended while it was starting.*the configuration makes no sense/s,
    );
  });

  it('does not take a program that has its port already for the service', async () => {
    create().start();
    await service.ready();
    const first = service;
    create().start();
    try {
      await expect(service.ready()).rejects.toThrow(/small ended while it was starting.*EADDRINUSE/s);
    } finally {
      await first.kill();
    }
  });

  it('reports an end that nobody asked for, and only that', async () => {
    const reasons: string[] = [];
    create().onUnexpectedExit((reason) => reasons.push(reason));
    service.start();
    await service.ready();

    await service.kill();

    await eventually(() => expect(reasons).toEqual(['signal SIGKILL']));
    service.start();
    await service.ready();
    await service.stop();
    expect(reasons).toHaveLength(1);
  });

  it('does not outlive a starter that was killed and could tell nobody', async () => {
    const starter = fileURLToPath(new URL('./fixtures/small-starter.ts', import.meta.url));
    const parent = spawn(process.execPath, [starter, String(opsPort), join(directory, 'small.log')], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [output] = await once(parent.stdout, 'data');
    const pid = Number(output);
    expect(isAlive(pid)).toBe(true);

    parent.kill('SIGKILL');

    await eventually(() => expect(isAlive(pid)).toBe(false));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
