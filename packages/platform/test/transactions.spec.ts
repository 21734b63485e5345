import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually } from '@outlay/testkit';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { conflict, type Database, deadlineExceeded, newId, runInCallScope, type Session } from '../src/index.ts';
import { createPlatformDatabase, newTenantContext, type PlatformDatabase } from './support/database.ts';

let platform: PlatformDatabase;
let database: Database;

beforeAll(async () => {
  platform = await createPlatformDatabase();
  database = platform.open();
});
afterAll(() => platform.drop());

/** A statement that nothing else ends would outlive its test, which then fails. */
const longerThanATest = { statementTimeoutMs: 60_000 };
const insertNote = 'insert into notes (tenant_id, id, body) values ($1, $2, $3)';
const terminate = 'select pg_terminate_backend($1)';

async function bodies(context: ReturnType<typeof newTenantContext>): Promise<string[]> {
  const { rows } = await database.withTenant(context, (session) =>
    session.query<{ body: string }>('select notes.body from notes order by notes.body'),
  );
  return rows.map(({ body }) => body);
}

async function backendPid(session: Session): Promise<number> {
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]!.pid;
}

describe('a tenant transaction', () => {
  it('commits what the work wrote when it resolves', async () => {
    const context = newTenantContext();
    await database.withTenant(context, (session) => session.query(insertNote, [context.tenantId, newId(), 'kept']));
    expect(await bodies(context)).toEqual(['kept']);
  });

  it('rolls back when the work throws, and throws the same error', async () => {
    const context = newTenantContext();
    const refusal = conflict('taken', 'Taken');
    const attempt = database.withTenant(context, async (session) => {
      await session.query(insertNote, [context.tenantId, newId(), 'lost']);
      throw refusal;
    });
    await expect(attempt).rejects.toBe(refusal);
    expect(await bodies(context)).toEqual([]);
  });

  it('does not pretend to have committed when a statement failed and the work went on', async () => {
    const context = newTenantContext();
    const attempt = database.withTenant(context, async (session) => {
      await session.query(insertNote, [context.tenantId, newId(), 'lost']);
      await session.query('select 1 / 0').catch(() => undefined);
      return 'done';
    });
    await expect(attempt).rejects.toMatchObject({ code: '22012' });
    expect(await bodies(context)).toEqual([]);
  });

  it('cannot be used after its end', async () => {
    let kept: Session | undefined;
    await database.withTenant(newTenantContext(), async (session) => {
      kept = session;
    });
    await expect(kept!.query('select 1')).rejects.toThrow('ended');
  });

  it('refuses to write when it is read-only', async () => {
    const context = newTenantContext();
    const attempt = database.withTenant(
      context,
      (session) => session.query(insertNote, [context.tenantId, newId(), 'x']),
      { readOnly: true },
    );
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable', cause: { code: '25006' } });
  });

  it('reads int8 as bigint, dates as text, instants as Date and numerics as text', async () => {
    const { rows } = await database.withTenant(newTenantContext(), (session) =>
      session.query(`
        select 9007199254740993::int8 as big, array[1, null]::int8[] as bigs, date '2024-02-29' as day,
          array[date '2024-02-29'] as days, timestamptz '2024-02-29T12:00:00+02:00' as instant,
          0.10::numeric as exact, '{"a": [1]}'::jsonb as json`),
    );
    expect(rows).toEqual([
      {
        big: 9007199254740993n,
        bigs: [1n, null],
        day: '2024-02-29',
        days: ['2024-02-29'],
        instant: new Date('2024-02-29T10:00:00Z'),
        exact: '0.10',
        json: { a: [1] },
      },
    ]);
  });
});

describe('the formats of values', () => {
  it('are the connection’s own, whatever the server, the database or the role is set to', async () => {
    const name = new URL(platform.adminUrl).pathname.slice(1);
    const of = `alter role outlay_ledger in database ${name}`;
    await platform.admin(`${of} set datestyle = 'SQL, DMY'`);
    await platform.admin(`${of} set timezone = 'Asia/Kolkata'`);
    await platform.admin(`${of} set bytea_output = 'escape'`);
    await platform.admin(`${of} set intervalstyle = 'iso_8601'`);
    const database = platform.open();
    try {
      const [row] = await database.once(
        {
          name: 'read_formats',
          text: `select date '2006-05-04' as day, timestamptz '2006-05-04 03:02:01.5+00' as instant,
            (timestamptz '2006-05-04 03:02:01.5+00')::text as text, (bytea '\\x00ff')::text as bytes,
            (interval '1 day 2 hours')::text as span`,
        },
        [],
      );
      expect(row).toEqual({
        ...{ day: '2006-05-04', instant: new Date('2006-05-04T03:02:01.500Z'), text: '2006-05-04 03:02:01.5+00' },
        ...{ bytes: '\\x00ff', span: '1 day 02:00:00' },
      });
    } finally {
      await database.close();
      await platform.admin(`${of} reset all`);
    }
  });
});

describe('contention', () => {
  it('runs the victim of a deadlock again, so that both succeed', async () => {
    const context = newTenantContext();
    const [first, second] = [newId(), newId()];
    for (const id of [first, second]) {
      await database.withTenant(context, (session) => session.query(insertNote, [context.tenantId, id, '']));
    }
    let attempts = 0;
    let holders = 0;
    let met: () => void = () => undefined;
    const bothHoldOne = new Promise<void>((resolve) => {
      met = resolve;
    });
    const append = 'update notes set body = notes.body || $1 where id = $2';
    const lockInOrder = (mark: string, ids: string[]) =>
      database.withTenant(context, async (session) => {
        attempts += 1;
        await session.query(append, [mark, ids[0]]);
        holders += 1;
        if (holders === 2) met();
        await bothHoldOne;
        await session.query(append, [mark, ids[1]]);
      });
    await Promise.all([lockInOrder('a', [first, second]), lockInOrder('b', [second, first])]);
    expect(attempts).toBe(3);
    for (const body of await bodies(context)) expect([...body].sort()).toEqual(['a', 'b']);
  });

  it('runs a transaction again after a serialisation failure', async () => {
    const context = newTenantContext();
    const id = newId();
    await database.withTenant(context, (session) => session.query(insertNote, [context.tenantId, id, '']));
    const increment = () =>
      database.withTenant(
        context,
        async (session) => {
          const { rows } = await session.query<{ size: bigint }>('select notes.size from notes where id = $1', [id]);
          await session.query('update notes set size = $1 where id = $2', [rows[0]!.size + 1n, id]);
        },
        { isolation: 'serializable', retries: 50 },
      );
    await Promise.all(Array.from({ length: 8 }, increment));
    const { rows } = await database.withTenant(context, (session) => session.query('select notes.size from notes'));
    expect(rows).toEqual([{ size: 8n }]);
  });

  it('gives up after the retries it was given', async () => {
    let attempts = 0;
    const attempt = database.withTenant(
      newTenantContext(),
      (session) => {
        attempts += 1;
        return session.query(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
      },
      { retries: 2 },
    );
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable', code: 'database_contention' });
    expect(attempts).toBe(3);
  });

  it('waits for a lock only so long', async () => {
    const impatient = platform.open({ lockTimeoutMs: 50 });
    const context = newTenantContext();
    await impatient.withTenant(context, async (session) => {
      await session.query('select pg_advisory_xact_lock(77)');
      const attempt = impatient.withTenant(context, (other) => other.query('select pg_advisory_xact_lock(77)'));
      await expect(attempt).rejects.toMatchObject({ kind: 'unavailable', code: 'database_busy' });
    });
  });
});

describe('a broken connection', () => {
  it('turns into unavailable in the middle of a transaction, writes nothing, and the next call succeeds', async () => {
    const context = newTenantContext();
    const attempt = database.withTenant(context, async (session) => {
      await session.query(insertNote, [context.tenantId, newId(), 'lost']);
      await platform.admin(terminate, [await backendPid(session)]);
      await session.query('select 1');
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable', code: 'database_unavailable' });
    expect(await bodies(context)).toEqual([]);
  });

  it('turns into unavailable when it breaks at the commit', async () => {
    const context = newTenantContext();
    const attempt = database.withTenant(context, async (session) => {
      await session.query(insertNote, [context.tenantId, newId(), 'lost']);
      await platform.admin(terminate, [await backendPid(session)]);
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await bodies(context)).toEqual([]);
  });

  it('is replaced unseen when it broke while idle', async () => {
    const single = platform.open({ poolMax: 2 });
    const pids = await Promise.all([single, single].map((pool) => pool.withGlobal(backendPid)));
    for (const pid of pids) await platform.admin(terminate, [pid]);
    for (let call = 0; call < 5; call++) expect(await single.withGlobal(backendPid)).not.toBe(pids[0]);
  });

  it('is replaced unseen when nobody has noticed yet that it broke', async () => {
    const proxy = await createTcpProxy(platform.adminUrl);
    const behind = platform.open({ url: proxy.url(platform.urlFor('ledger')) });
    try {
      const pids = await Promise.all([behind, behind].map((pool) => pool.withGlobal(backendPid)));
      proxy.cut();
      expect(pids).not.toContain(await behind.withGlobal(backendPid));
    } finally {
      await behind.close();
      await proxy.close();
    }
  });

  it('does not keep the pool small', async () => {
    const pool = platform.open({ poolMax: 2, acquireTimeoutMs: 5_000 });
    for (let round = 0; round < 6; round++) {
      const broken = pool.withGlobal(async (session) => platform.admin(terminate, [await backendPid(session)]));
      await expect(broken).rejects.toMatchObject({ kind: 'unavailable' });
    }
    await Promise.all([pool.withGlobal((session) => session.query('select pg_sleep(0.05)')), pool.ping()]);
    expect(pool.stats().total).toBeLessThanOrEqual(2);
  });

  it('to a server that is gone answers unavailable, and works again when that is back', async () => {
    const proxy = await createTcpProxy(platform.adminUrl);
    const behind = platform.open({ url: proxy.url(platform.urlFor('ledger')) });
    try {
      await behind.ping();
      await proxy.refuse();
      await expect(behind.ping()).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(behind.withTenant(newTenantContext(), async () => 1)).rejects.toMatchObject({ kind: 'unavailable' });
      await proxy.resume();
      await eventually(() => behind.ping());
    } finally {
      await behind.close();
      await proxy.close();
    }
  });

  it('to a server that hangs is given up for the deadline, whatever time a statement has', async () => {
    const proxy = await createTcpProxy(platform.adminUrl);
    const behind = platform.open({ url: proxy.url(platform.urlFor('ledger')), ...longerThanATest });
    try {
      await behind.ping();
      proxy.hang();
      const deadlineAt = Date.now() + 200;
      const attempt = runInCallScope({ deadlineAt }, () => behind.withTenant(newTenantContext(), async () => 1));
      await expect(attempt).rejects.toMatchObject({ kind: 'deadline_exceeded' });
      await proxy.resume();
      await eventually(() => behind.ping());
    } finally {
      await behind.close();
      await proxy.close();
    }
  });
});

describe('time', () => {
  it('ends a statement at its time-out', async () => {
    const hasty = platform.open({ statementTimeoutMs: 50 });
    const attempt = hasty.withTenant(newTenantContext(), (session) => session.query('select pg_sleep(5)'));
    await expect(attempt).rejects.toMatchObject({ kind: 'deadline_exceeded', code: 'statement_timeout' });
  });

  it('ends a statement at the deadline of the call it serves', async () => {
    const patient = platform.open(longerThanATest);
    const attempt = runInCallScope({ deadlineAt: Date.now() + 100 }, () =>
      patient.withTenant(newTenantContext(), (session) => session.query('select pg_sleep(60)')),
    );
    await expect(attempt).rejects.toMatchObject({ kind: 'deadline_exceeded' });
  });

  it('ends a lone statement at the deadline too, and the server lets go of it', async () => {
    const patient = platform.open(longerThanATest);
    const attempt = runInCallScope({ deadlineAt: Date.now() + 100 }, () =>
      patient.once({ name: 'platform_test_sleep', text: 'select pg_sleep($1)' }, [60]),
    );
    await expect(attempt).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    await eventually(async () => {
      const running = await platform.admin(
        `select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep($1)%' and datname = current_database()`,
      );
      expect(running).toEqual([]);
    });
  });

  it('starts nothing after the deadline', async () => {
    let hasRun = false;
    const attempt = runInCallScope({ deadlineAt: Date.now() - 1 }, () =>
      database.withTenant(newTenantContext(), async () => {
        hasRun = true;
      }),
    );
    await expect(attempt).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    expect(hasRun).toBe(false);
  });

  it('commits nothing for a caller that has gone before its deadline has come here', async () => {
    const context = newTenantContext();
    const gone = new AbortController();
    const attempt = runInCallScope({ deadlineAt: Date.now() + 60_000, signal: gone.signal }, () =>
      database.withTenant(context, async (session) => {
        await session.query(insertNote, [context.tenantId, newId(), 'late']);
        gone.abort(deadlineExceeded());
      }),
    );
    await expect(attempt).rejects.toMatchObject({ kind: 'deadline_exceeded' });
    const { rows } = await database.withTenant(context, (session) => session.query('select notes.body from notes'));
    expect(rows).toEqual([]);
  });

  describe('of many short statements', () => {
    const nap = 'select pg_sleep(0.05)';
    /** A second and more together: not all of them are begun before a deadline of 300 ms. */
    const naps = Array.from({ length: 20 }, () => nap);

    /** A pool of one connection, whose Prisma is the bare adapter; says what a late transaction left behind. */
    async function late(work: (session: Session<SqlDriverAdapterFactory>, insert: unknown[]) => Promise<unknown>) {
      const single = platform.open<SqlDriverAdapterFactory>({ poolMax: 1, prisma: (adapter) => adapter });
      const context = newTenantContext();
      const pid = await single.withGlobal(backendPid);
      const error = await runInCallScope({ deadlineAt: Date.now() + 300 }, () =>
        single.withTenant(context, (session) => work(session, [context.tenantId, newId(), 'late'])),
      ).catch((thrown: unknown) => thrown);
      const next = await single.withTenant(context, async (session) => ({
        pid: await backendPid(session),
        written: (await session.query('select notes.body from notes')).rows,
        timeout: (await session.query(`select current_setting('statement_timeout') as value`)).rows,
      }));
      expect(next).toEqual({ pid, written: [], timeout: [{ value: '5s' }] });
      expect(single.stats()).toEqual({ total: 1, idle: 1, waiting: 0 });
      return error;
    }

    it('is rolled back at the deadline, and its connection is as good as before', async () => {
      let taken = 0;
      const error = await late(async (session, insert) => {
        await session.query(insertNote, insert);
        for (const statement of naps) {
          await session.query(statement);
          taken += 1;
        }
      });
      expect(error).toMatchObject({ kind: 'deadline_exceeded' });
      expect(taken).toBeLessThan(naps.length);
    });

    it('is rolled back at the deadline through Prisma as well', async () => {
      let taken = 0;
      const error = await late(async (session, insert) => {
        await session.query(insertNote, insert);
        const adapter = await session.prisma.connect();
        try {
          for (const sql of naps) {
            await adapter.executeRaw({ sql, args: [], argTypes: [] });
            taken += 1;
          }
        } catch (cause) {
          throw new Error('as Prisma wraps what its adapter threw', { cause });
        }
      });
      expect(error).toMatchObject({ kind: 'deadline_exceeded' });
      expect(taken).toBeLessThan(naps.length);
    });

    it('is not committed when only the commit is late', async () => {
      const error = await late(async (session, insert) => {
        await session.query(insertNote, insert);
        await new Promise((resolve) => setTimeout(resolve, 350));
      });
      expect(error).toMatchObject({ kind: 'deadline_exceeded' });
    });

    it('takes its time when there is no deadline', async () => {
      const context = newTenantContext();
      await database.withTenant(context, async (session) => {
        await session.query(insertNote, [context.tenantId, newId(), 'kept']);
        for (const statement of naps.slice(0, 8)) await session.query(statement);
      });
      expect(await bodies(context)).toEqual(['kept']);
    });
  });

  it('does not carry a shorter time-out over to the next transaction', async () => {
    const single = platform.open({ poolMax: 1 });
    const read = (session: Session) =>
      session.query<{ value: string }>(`select current_setting('statement_timeout') as value`);
    const short = await runInCallScope({ deadlineAt: Date.now() + 4_000 }, () => single.withGlobal(read));
    expect(short.rows[0]!.value).not.toBe('5s');
    expect((await single.withGlobal(read)).rows[0]!.value).toBe('5s');
  });

  it('answers unavailable when no connection is free in time', async () => {
    // It bounds the making of a connection as well, and the first one must be made.
    const single = platform.open({ poolMax: 1, acquireTimeoutMs: 2_000 });
    await single.withGlobal(async () => {
      await expect(single.ping()).rejects.toMatchObject({ kind: 'unavailable', code: 'database_pool_timeout' });
    });
    await single.ping();
  });
});

describe('a server that is full', () => {
  it('makes callers share the connections there are', async () => {
    const [{ name }] = (await platform.admin<{ name: string }>('select current_database() as name')) as [
      { name: string },
    ];
    const pool = platform.open({ poolMax: 10 });
    await platform.admin(
      `alter database ${name} connection limit ${(await platform.admin('select 1 from pg_stat_activity where datname = current_database()')).length + 1}`,
    );
    try {
      const work = () => pool.withGlobal((session) => session.query('select pg_sleep(0.005)'));
      await Promise.all(Array.from({ length: 30 }, work));
    } finally {
      await platform.admin(`alter database ${name} connection limit -1`);
    }
  });
});

describe('a migration under prepared statements', () => {
  it('is survived by statements and transactions', async () => {
    await platform.admin('create table ledger.shapes (id int); grant select on ledger.shapes to outlay_ledger');
    const single = platform.open({ poolMax: 1 });
    const statement = { name: 'all_shapes', text: 'select * from shapes' };
    await single.once(statement, []);
    await platform.admin('alter table ledger.shapes add column name text');
    expect(await single.once(statement, [])).toEqual([]);
    await platform.admin('alter table ledger.shapes add column color text');
    expect((await single.withGlobal((session) => session.query(statement))).rows).toEqual([]);
  });
});
