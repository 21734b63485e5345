import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type LocalPostgres, startLocalPostgres } from '../../src/host/local-postgres.ts';
import { embeddedBinaries } from '../../src/host/postgres-binaries.ts';
import { eventually, freePort } from '../../src/index.ts';
import { query } from '../query.ts';

describe('startLocalPostgres', () => {
  let directory: string;
  let server: LocalPostgres | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'outlay-local-postgres-'));
    execFileSync('chmod', ['711', directory]);
  });
  afterEach(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function start() {
    server = await startLocalPostgres({
      binaries: embeddedBinaries(),
      dataDirectory: join(directory, 'data'),
      logFile: join(directory, 'postgres.log'),
      port: await freePort(),
      durable: true,
    });
    return server;
  }

  it('keeps its data over a stop and a start', async () => {
    await start();
    await query(server!.url, 'create table kept as select 42 as answer');

    await server!.stop();
    await start();

    expect(await query(server!.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('recovers after the server and what watches it were killed', async () => {
    await start();
    await query(server!.url, 'create table kept as select 42 as answer');
    const pid = Number((await readFile(join(directory, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);

    process.kill(pid, 'SIGKILL');

    await eventually(() => expect(() => process.kill(pid, 0)).toThrow());
    await start();
    expect(await query(server!.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('is not held up by a lock file whose process number belongs to another program now', async () => {
    await start();
    await server!.stop();
    await writeFile(join(directory, 'data/postmaster.pid'), `${process.pid}\n${join(directory, 'data')}\n`);

    await start();

    expect(await query(server!.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});
