import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually, type TcpProxy } from '@outlay/testkit';
import { pino } from 'pino';
import { createJobWorker, createSilentLogger, type JobWorker, type JobWorkerOptions } from '../src/index.ts';
import { createPlatformDatabase, type PlatformDatabase } from './support/database.ts';

const schema = 'ledger_jobs';
const patience = { timeoutMs: 20_000 };

let platform: PlatformDatabase;
let proxy: TcpProxy;
beforeAll(async () => {
  platform = await createPlatformDatabase();
  proxy = await createTcpProxy(platform.adminUrl);
});
afterAll(async () => {
  await proxy.close();
  await platform.drop();
});

const running: JobWorker[] = [];
afterEach(async () => {
  await proxy.resume();
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
  await platform.admin(`delete from ${schema}._private_jobs; delete from ${schema}._private_known_crontabs`);
});

async function start(options: Partial<JobWorkerOptions> = {}): Promise<JobWorker> {
  const worker = createJobWorker({
    databaseUrl: platform.urlFor('ledger'),
    schema,
    tasks: {},
    logger: createSilentLogger(),
    ...options,
  });
  running.push(worker);
  await worker.start();
  return worker;
}

const add = (task: string, payload: unknown = {}) =>
  platform.admin(`select from ${schema}.add_job($1, $2::json)`, [task, JSON.stringify(payload)]);
const waiting = () =>
  platform.admin<{ task: string; locked_by: string | null }>(
    `select job.task_identifier as task, job.locked_by from ${schema}.jobs as job`,
  );
const connections = async () =>
  (
    await platform.admin(
      `select 1 from pg_stat_activity where datname = current_database() and application_name = $1`,
      [schema],
    )
  ).length;

/** A task that waits in the middle until it is let go. */
function gate() {
  const begun: unknown[] = [];
  let open = Promise.withResolvers<void>();
  return {
    begun,
    task: async (payload: unknown) => {
      begun.push(payload);
      await open.promise;
    },
    letGo() {
      open.resolve();
      open = Promise.withResolvers();
      open.resolve();
    },
  };
}

describe('jobs', () => {
  it('are done once each by several processes together, on few connections', async () => {
    const done: unknown[] = [];
    const tasks = { note: async (payload: unknown) => done.push(payload) };
    await Promise.all([start({ tasks, concurrency: 8 }), start({ tasks, concurrency: 8 })]);
    const payloads = Array.from({ length: 50 }, (_, number) => ({ number }));

    await Promise.all(payloads.map((payload) => add('note', payload)));

    await eventually(async () => expect(await waiting()).toEqual([]));
    expect(done).toHaveLength(50);
    expect(done).toEqual(expect.arrayContaining(payloads));
    expect(await connections()).toBeLessThanOrEqual(6);
  });

  it('are tried again when they fail, which is logged without their payload', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line)) });
    let attempts = 0;
    const fail = async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('not today');
    };
    await start({ tasks: { fail }, logger });

    await add('fail', { secret: 'of a tenant' });

    await eventually(async () => expect(await waiting()).toEqual([]), patience);
    expect(attempts).toBe(2);
    expect(lines).toMatchObject([{ msg: 'job failed, it is tried again', task: 'fail', attempt: 1 }]);
    expect(JSON.stringify(lines)).not.toContain('of a tenant');
  });

  it('in flight are finished before the worker has stopped, and no other is begun', async () => {
    const { begun, task, letGo } = gate();
    const worker = await start({ tasks: { slow: task } });
    await add('slow', { number: 1 });
    await eventually(() => expect(begun).toHaveLength(1));
    await add('slow', { number: 2 });

    let hasStopped = false;
    const stopping = worker.stop().then(() => {
      hasStopped = true;
    });
    await eventually(() => expect(worker.check()).rejects.toMatchObject({ kind: 'unavailable' }));
    expect(hasStopped).toBe(false);
    letGo();
    await stopping;

    expect(begun).toEqual([{ number: 1 }]);
    expect(await waiting()).toEqual([{ task: 'slow', locked_by: null }]);
    await eventually(async () => expect(await connections()).toBe(0));
  });

  it('of a worker that died are taken over', async () => {
    const done: unknown[] = [];
    await start();
    await add('note', { number: 1 });
    await platform.admin(
      `update ${schema}._private_jobs set locked_by = 'dead', locked_at = now() - interval '2 seconds', attempts = 1`,
    );

    await start({ tasks: { note: async (payload) => done.push(payload) } });

    await eventually(() => expect(done).toEqual([{ number: 1 }]), patience);
  });
});

describe('the database', () => {
  it('may come after the worker', async () => {
    await proxy.refuse();
    const done: unknown[] = [];
    const worker = await start({
      databaseUrl: proxy.url(platform.urlFor('ledger')),
      tasks: { note: async (payload) => done.push(payload) },
    });
    await expect(worker.check()).rejects.toMatchObject({ code: 'jobs_unavailable' });
    expect(worker.isInstalled()).toBe(false);

    await proxy.resume();

    await eventually(() => worker.check());
    expect(worker.isInstalled()).toBe(true);
    await add('note', { number: 1 });
    await eventually(() => expect(done).toEqual([{ number: 1 }]));
  });

  it('may go away during a job, which is done again when it is back, while what comes later does not wait', async () => {
    const { begun, task, letGo } = gate();
    const worker = await start({ databaseUrl: proxy.url(platform.urlFor('ledger')), tasks: { slow: task } });
    await add('slow', { number: 1 });
    await eventually(() => expect(begun).toHaveLength(1));

    await proxy.refuse();
    letGo();
    await eventually(() => expect(worker.check()).rejects.toMatchObject({ kind: 'unavailable' }));
    await add('slow', { number: 2 });
    await proxy.resume();

    await eventually(async () => expect(await waiting()).toEqual([]), patience);
    await worker.check();
    const numbers = begun.map((payload) => (payload as { number: number }).number);
    expect(numbers.toSorted()).toEqual([1, 1, 2]);
  });

  it('may hang for good, which is found out, and another connection made', async () => {
    const done: unknown[] = [];
    const worker = await start({
      databaseUrl: proxy.url(platform.urlFor('ledger')),
      tasks: { note: async (payload) => done.push(payload) },
    });
    proxy.hang();
    await eventually(() => expect(worker.check()).rejects.toMatchObject({ kind: 'unavailable' }), patience);
    await proxy.resume();

    await eventually(() => worker.check());
    await add('note', { number: 1 });
    await eventually(() => expect(done).toEqual([{ number: 1 }]));
  });

  it('may hang while the worker is stopped', async () => {
    const worker = await start({ databaseUrl: proxy.url(platform.urlFor('ledger')) });
    proxy.hang();

    await worker.stop();

    await expect(worker.check()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a timed task', () => {
  it('that was due while every process was down is made up for, once', async () => {
    const done: unknown[] = [];
    const options = {
      tasks: { nightly: async (payload: unknown) => done.push(payload) },
      timed: [{ task: 'nightly', match: '17 2 * * *', options: { backfillPeriod: 24 * 3_600_000 } }],
    };
    // A task is known from its first start; what was due before is nobody's.
    await (await start(options)).stop();
    expect(done).toEqual([]);
    await platform.admin(
      `update ${schema}._private_known_crontabs set known_since = now() - interval '2 days', last_execution = null`,
    );

    await Promise.all([start(options), start(options)]);

    await eventually(() => expect(done).toHaveLength(1));
    await eventually(async () => expect(await waiting()).toEqual([]));
    expect(done).toMatchObject([{ _cron: { ts: expect.stringContaining('T02:17:00'), backfilled: true } }]);
  });

  it('is at work once at a time, and waits once, however often it is due', async () => {
    const { begun, task, letGo } = gate();
    const options = {
      ...{ tasks: { nightly: task }, concurrency: 3 },
      timed: [{ task: 'nightly', match: '17 2 * * *', options: { backfillPeriod: 5 * 24 * 3_600_000 } }],
    };
    await (await start(options)).stop();
    await platform.admin(
      `update ${schema}._private_known_crontabs set known_since = now() - interval '9 days', last_execution = null`,
    );

    await Promise.all([start(options), start(options)]);

    await eventually(async () => {
      const [known] = await platform.admin<{ is_through: boolean }>(
        `select last_execution > now() - interval '25 hours' as is_through from ${schema}._private_known_crontabs`,
      );
      expect(known).toEqual({ is_through: true });
    });
    await eventually(() => expect(begun).toHaveLength(1));
    expect((await waiting()).length).toBeLessThanOrEqual(2);
    letGo();
    await eventually(async () => expect(await waiting()).toEqual([]), patience);
    expect(begun.length).toBeLessThanOrEqual(2);
  });

  it('that nobody can tell the time of is refused at once', () => {
    const timed = [{ task: 'nightly' as const, match: 'at night' }];
    const options = { databaseUrl: platform.urlFor('ledger'), schema, logger: createSilentLogger() };
    expect(() => createJobWorker({ ...options, tasks: { nightly: async () => undefined }, timed })).toThrow('at night');
  });
});
