import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Database, newId } from '../src/index.ts';
import { createPlatformDatabase, newTenantContext, type PlatformDatabase } from './support/database.ts';

let platform: PlatformDatabase;
let database: Database;
const acme = newTenantContext();
const globex = newTenantContext();
const acmeNoteId = newId();

beforeAll(async () => {
  platform = await createPlatformDatabase();
  database = platform.open();
  await database.withTenant(acme, (session) =>
    session.query('insert into notes (tenant_id, id, body) values ($1, $2, $3)', [acme.tenantId, acmeNoteId, 'secret']),
  );
});
afterAll(() => platform.drop());

const insertNote = 'insert into notes (tenant_id, id, body) values ($1, $2, $3)';

describe('row-level security', () => {
  it('shows a tenant its own rows and nobody else them', async () => {
    const own = await database.withTenant(acme, (session) => session.query('select notes.body from notes'));
    const other = await database.withTenant(globex, (session) => session.query('select notes.body from notes'));
    const none = await database.withGlobal((session) => session.query('select notes.body from notes'));
    expect([own.rowCount, other.rowCount, none.rowCount]).toEqual([1, 0, 0]);
  });

  it('shows nothing to a statement that sets no tenant', async () => {
    expect(await database.once({ name: 'all_notes', text: 'select notes.id from notes' }, [])).toEqual([]);
  });

  it('lets a single statement set its tenant', async () => {
    const text = `
      with scope as materialized (select set_config('app.tenant_id', $1, true) as tenant_id)
      select notes.body from scope, notes where notes.tenant_id = scope.tenant_id::uuid`;
    expect(await database.once({ name: 'own_notes', text }, [acme.tenantId])).toEqual([{ body: 'secret' }]);
    expect(await database.once({ name: 'own_notes', text }, [globex.tenantId])).toEqual([]);
  });

  it('refuses to write a row of another tenant', async () => {
    const write = database.withTenant(globex, (session) =>
      session.query(insertNote, [acme.tenantId, newId(), 'planted']),
    );
    await expect(write).rejects.toThrow('row-level security');
  });

  it('changes and deletes no row of another tenant', async () => {
    const outcome = await database.withTenant(globex, async (session) => [
      (await session.query('update notes set body = $1 where id = $2', ['defaced', acmeNoteId])).rowCount,
      (await session.query('delete from notes where id = $1', [acmeNoteId])).rowCount,
    ]);
    expect(outcome).toEqual([0, 0]);
    expect(await platform.admin('select notes.body from ledger.notes')).toEqual([{ body: 'secret' }]);
  });

  it('refuses a reference to another tenant', async () => {
    const write = database.withTenant(globex, (session) =>
      session.query('insert into note_lines (tenant_id, id, note_id, body) values ($1, $2, $3, $4)', [
        globex.tenantId,
        newId(),
        acmeNoteId,
        'x',
      ]),
    );
    await expect(write).rejects.toMatchObject({ code: '23503' });
  });

  it('leaves no tenant behind on a pooled connection', async () => {
    const single = platform.open({ poolMax: 1 });
    await single.withTenant(acme, (session) => session.query('select 1'));
    await single.withTenant(acme, (session) => session.query('select broken')).catch(() => undefined);
    expect(await single.once({ name: 'all_notes', text: 'select notes.id from notes' }, [])).toEqual([]);
    expect((await single.withGlobal((session) => session.query('select notes.id from notes'))).rowCount).toBe(0);
  });

  it('refuses a tenant id that is no UUID before it reaches SQL', async () => {
    const hostile = { tenantId: `${acme.tenantId}', true); drop table notes; --` as typeof acme.tenantId };
    await expect(database.withTenant(hostile, async () => undefined)).rejects.toThrow(RangeError);
  });

  it('holds for the owner of the tables too', async () => {
    const client = new pg.Client({ connectionString: platform.adminUrl });
    await client.connect();
    try {
      await client.query('set role outlay_owner');
      expect((await client.query('select notes.id from ledger.notes')).rows).toEqual([]);
    } finally {
      await client.end();
    }
  });

  it('is forced on every table and partition, and every view runs with the rights of its reader', async () => {
    const open = await platform.admin(`
      select class.oid::regclass::text as name
      from pg_class as class
      where class.relnamespace in ('ledger'::regnamespace, 'identity'::regnamespace)
        and ((class.relkind in ('r', 'p') and not (class.relrowsecurity and class.relforcerowsecurity))
          or (class.relkind = 'v' and not coalesce(class.reloptions::text like '%security_invoker=true%', false)))`);
    expect(open).toEqual([]);
  });

  it('has a policy on every table and partition', async () => {
    const without = await platform.admin(`
      select class.oid::regclass::text as name
      from pg_class as class
      where class.relnamespace in ('ledger'::regnamespace, 'identity'::regnamespace) and class.relkind in ('r', 'p')
        and not exists (select from pg_policy as policy where policy.polrelid = class.oid)`);
    expect(without).toEqual([]);
  });

  it('lets nobody reach a partition by its name', async () => {
    const [partition] = await platform.admin<{ name: string }>(
      `select relid::text as name from pg_partition_tree('ledger.happenings') where isleaf limit 1`,
    );
    const direct = database.withTenant(acme, (session) => session.query(`select 1 from ${partition!.name}`));
    await expect(direct).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the roles of a service', () => {
  it('own nothing and cannot bypass row-level security', async () => {
    const rows = await platform.admin(`
      select role.rolname, role.rolsuper, role.rolbypassrls, role.rolinherit, role.rolcreaterole, role.rolcreatedb
      from pg_roles as role where role.rolname = 'outlay_ledger'`);
    expect(rows).toEqual([
      {
        rolname: 'outlay_ledger',
        rolsuper: false,
        rolbypassrls: false,
        rolinherit: false,
        rolcreaterole: false,
        rolcreatedb: false,
      },
    ]);
    const owned = await platform.admin(
      `select class.relname from pg_class as class where class.relowner = 'outlay_ledger'::regrole`,
    );
    expect(owned).toEqual([]);
  });

  it.each([
    'select 1 from identity.notes',
    'select 1 from outlay_migrations.ledger_platform',
    'create table ledger.x ()',
  ])('may not %s', async (statement) => {
    const attempt = database.withTenant(acme, (session) => session.query(statement));
    await expect(attempt).rejects.toMatchObject({ code: '42501' });
  });

  it('may not take on the system role of another service, nor the owner', async () => {
    for (const role of ['outlay_identity_system', 'outlay_owner', 'outlay_identity']) {
      const attempt = database.withGlobal((session) => session.query(`set local role ${role}`));
      await expect(attempt).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('have the rights of the system role only where they take it on', async () => {
    const inherited = await database.withTenant(globex, (session) => session.query('select notes.id from notes'));
    const system = await database.withSystem((session) => session.query('select notes.id from notes'));
    expect([inherited.rowCount, system.rowCount]).toEqual([0, 1]);
  });

  it('give the system role nothing that was not granted', async () => {
    const write = database.withSystem((session) => session.query('update notes set body = $1', ['x']));
    await expect(write).rejects.toMatchObject({ code: '42501' });
    const read = database.withSystem((session) => session.query('select 1 from audit_entries'));
    await expect(read).rejects.toMatchObject({ code: '42501' });
  });

  it('can add to the audit trail and not change it', async () => {
    const change = database.withTenant(acme, (session) => session.query(`update audit_entries set action = 'x'`));
    const removal = database.withTenant(acme, (session) => session.query('delete from audit_entries'));
    await Promise.all([change, removal].map((refused) => expect(refused).rejects.toMatchObject({ code: '42501' })));
  });

  it('share global tables between tenants', async () => {
    await database.withTenant(acme, (session) => session.query(`insert into languages values ('en', 'English')`));
    const { rows } = await database.withTenant(globex, (session) =>
      session.query('select languages.code from languages'),
    );
    expect(rows).toEqual([{ code: 'en' }]);
  });
});

describe('month partitions', () => {
  it('make themselves for the month named and the three after it', async () => {
    const made = await database.once<{ name: string }>(
      { name: 'ensure', text: 'select ensure_month_partitions($1) as name' },
      ['2031-11-30T23:30:00Z'],
    );
    expect(made.map(({ name }) => name).filter((name) => name.startsWith('happenings'))).toEqual([
      'happenings_203111',
      'happenings_203112',
      'happenings_203201',
      'happenings_203202',
    ]);
  });

  it('are made once by services that start together', async () => {
    const ensure = { name: 'ensure', text: 'select ensure_month_partitions($1) as name' };
    const made = await Promise.all(Array.from({ length: 8 }, () => database.once(ensure, ['2033-01-01T00:00:00Z'])));
    expect(made.filter((names) => names.length > 0)).toHaveLength(1);
  });

  it('take rows through their parent with the identity it gives', async () => {
    const { rows } = await database.withTenant(acme, (session) =>
      session.query<{ seq: bigint }>('insert into happenings (tenant_id, id) values ($1, $2), ($1, $3) returning seq', [
        acme.tenantId,
        newId(),
        newId(),
      ]),
    );
    expect(rows[1]!.seq).toBe(rows[0]!.seq + 1n);
    const other = await database.withTenant(globex, (session) => session.query('select 1 from happenings'));
    expect(other.rowCount).toBe(0);
  });

  it('take over the rows of their month that lie in the default partition, of every tenant', async () => {
    const insert = 'insert into arrivals (tenant_id, id, recorded_at) values ($1, $2, $3) returning seq';
    const arrive = (context: typeof acme, recordedAt: string) =>
      database.withTenant(context, async (session) => {
        const id = newId();
        const { rows } = await session.query<{ seq: bigint }>(insert, [context.tenantId, id, recordedAt]);
        return { id, seq: String(rows[0]!.seq) };
      });
    const before = await arrive(acme, '2019-02-28T23:59:59.999Z');
    const first = await arrive(acme, '2019-03-01T00:00:00Z');
    const last = await arrive(globex, '2019-04-30T23:59:59.999Z');
    const after = await arrive(globex, '2019-07-01T00:00:00Z');

    await database.once({ name: 'ensure', text: 'select ensure_month_partitions($1) as name' }, [
      '2019-03-15T00:00:00Z',
    ]);

    const found = await platform.admin(`
      select arrivals.id, arrivals.seq::text as seq, arrivals.tableoid::regclass::text as partition
      from ledger.arrivals order by arrivals.recorded_at`);
    expect(found).toEqual([
      { ...before, partition: 'ledger.arrivals_default' },
      { ...first, partition: 'ledger.arrivals_201903' },
      { ...last, partition: 'ledger.arrivals_201904' },
      { ...after, partition: 'ledger.arrivals_default' },
    ]);
    const own = await database.withTenant(acme, (session) =>
      session.query('select arrivals.id from arrivals order by arrivals.recorded_at'),
    );
    expect(own.rows).toEqual([{ id: before.id }, { id: first.id }]);
    const unforced = await platform.admin(`
      select tree.relid::regclass::text as name from pg_partition_tree('ledger.arrivals') as tree
      join pg_class as class on class.oid = tree.relid
      where not (class.relrowsecurity and class.relforcerowsecurity)`);
    expect(unforced).toEqual([]);
  });

  it('cannot be tricked by a temporary table of the caller', async () => {
    const attempt = database.withGlobal(async (session) => {
      await session.query('create temporary table pg_class (oid oid, relname name)');
      return session.query<{ name: string }>(`select ensure_month_partitions('2035-01-01T00:00:00Z') as name`);
    });
    expect((await attempt).rows.map(({ name }) => name)).toContain('happenings_203501');
  });
});
