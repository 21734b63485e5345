import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PrismaClientKnownRequestError } from '@prisma/client/runtime/client';
import { type Database, newId } from '../src/index.ts';
import { createPlatformDatabase, newTenantContext, type PlatformDatabase } from './support/database.ts';

/** The generated client is not there when types are checked, so what the tests use of it is written down here. */
interface NotesClient {
  note: {
    create(args: { data: object }): Promise<{ id: string; size: bigint; due: Date | null }>;
    findMany(args?: object): Promise<{ id: string; body: string; lines?: { body: string }[] }[]>;
    update(args: { where: object; data: object }): Promise<object>;
    count(): Promise<number>;
  };
  $transaction(queries: readonly Promise<unknown>[]): Promise<unknown[]>;
}

let platform: PlatformDatabase;
let database: Database<NotesClient>;

beforeAll(async () => {
  const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const schema = fileURLToPath(new URL('fixtures/prisma/schema.prisma', import.meta.url));
  // Generating needs no engine; naming any executable keeps Prisma from downloading one.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' };
  await promisify(execFile)(process.execPath, [prisma, 'generate', `--schema=${schema}`], { env });
  const generated = '../generated/prisma-test/client.ts';
  const { PrismaClient } = await import(generated);
  platform = await createPlatformDatabase();
  database = platform.open<NotesClient>({ prisma: (adapter) => new PrismaClient({ adapter }) });
}, 120_000);
afterAll(() => platform.drop());

const newNote = (tenantId: string, body: string) => ({ tenantId, id: newId(), body });

describe('Prisma in a session', () => {
  it('works in the same transaction as SQL', async () => {
    const context = newTenantContext();
    await database.withTenant(context, async (session) => {
      await session.prisma.note.create({ data: newNote(context.tenantId, 'by Prisma') });
      const { rows } = await session.query('select notes.body from notes');
      expect(rows).toEqual([{ body: 'by Prisma' }]);
    });
    expect(await database.withTenant(context, (session) => session.prisma.note.count())).toBe(1);
  });

  it('sees one tenant only, without a filter of its own', async () => {
    const [acme, globex] = [newTenantContext(), newTenantContext()];
    await database.withTenant(acme, (session) =>
      session.prisma.note.create({ data: newNote(acme.tenantId, 'secret') }),
    );
    expect(await database.withTenant(globex, (session) => session.prisma.note.findMany())).toEqual([]);
    const planted = database.withTenant(globex, (session) =>
      session.prisma.note.create({ data: newNote(acme.tenantId, 'planted') }),
    );
    await expect(planted).rejects.toBeInstanceOf(PrismaClientKnownRequestError);
    expect(await database.withTenant(acme, (session) => session.prisma.note.count())).toBe(1);
  });

  it('is rolled back with the transaction, nested writes included', async () => {
    const context = newTenantContext();
    const attempt = database.withTenant(context, async (session) => {
      await session.prisma.note.create({
        data: {
          ...newNote(context.tenantId, 'parent'),
          lines: {
            create: [
              { id: newId(), body: 'one' },
              { id: newId(), body: 'two' },
            ],
          },
        },
      });
      const [note] = await session.prisma.note.findMany({ include: { lines: true } });
      expect(note?.lines).toHaveLength(2);
      throw new Error('changed my mind');
    });
    await expect(attempt).rejects.toThrow('changed my mind');
    expect(await platform.admin('select 1 from ledger.notes where tenant_id = $1', [context.tenantId])).toEqual([]);
  });

  it('commits nothing by itself: a nested write is invisible outside until the transaction commits', async () => {
    const context = newTenantContext();
    await database.withTenant(context, async (session) => {
      await session.prisma.$transaction([
        session.prisma.note.create({ data: newNote(context.tenantId, 'a') }),
        session.prisma.note.create({ data: newNote(context.tenantId, 'b') }),
      ]);
      expect(await platform.admin('select 1 from ledger.notes where tenant_id = $1', [context.tenantId])).toEqual([]);
    });
    expect(await platform.admin('select 1 from ledger.notes where tenant_id = $1', [context.tenantId])).toHaveLength(2);
  });

  it('undoes a failed nested write alone, and the transaction goes on', async () => {
    const context = newTenantContext();
    const lineId = newId();
    await database.withTenant(context, async (session) => {
      await session.query('insert into notes (tenant_id, id, body) values ($1, $2, $3)', [
        context.tenantId,
        newId(),
        'before',
      ]);
      const failing = session.prisma.note.create({
        data: {
          ...newNote(context.tenantId, 'half'),
          lines: {
            create: [
              { id: lineId, body: 'one' },
              { id: lineId, body: 'the same' },
            ],
          },
        },
      });
      await expect(failing).rejects.toMatchObject({ code: 'P2002' });
      await session.prisma.note.create({ data: newNote(context.tenantId, 'after') });
    });
    const rows = await platform.admin<{ body: string }>(
      'select notes.body from ledger.notes where tenant_id = $1 order by notes.body',
      [context.tenantId],
    );
    expect(rows.map(({ body }) => body)).toEqual(['after', 'before']);
  });

  it('keeps concurrent nested writes apart when one of them fails', async () => {
    const context = newTenantContext();
    const lineId = newId();
    const withLines = (body: string, ids: string[]) => ({
      ...newNote(context.tenantId, body),
      lines: { create: ids.map((id) => ({ id, body })) },
    });
    await database.withTenant(context, async (session) => {
      const outcomes = await Promise.allSettled([
        session.prisma.note.create({ data: withLines('good', [newId()]) }),
        session.prisma.note.create({ data: withLines('bad', [lineId, lineId]) }),
        session.prisma.note.create({ data: newNote(context.tenantId, 'plain') }),
        session.prisma.note.create({ data: withLines('fine', [newId()]) }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    });
    const bodies = await database.withTenant(context, (session) => session.prisma.note.findMany());
    expect(bodies.map(({ body }) => body).sort()).toEqual(['fine', 'good', 'plain']);
  });

  it('answers unavailable when its connection breaks, and works on the next one', async () => {
    const context = newTenantContext();
    const attempt = database.withTenant(context, async (session) => {
      const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
      await platform.admin('select pg_terminate_backend($1)', [rows[0]!.pid]);
      await session.prisma.note.count();
    });
    await expect(attempt).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await database.withTenant(context, (session) => session.prisma.note.count())).toBe(0);
  });

  it('is run again with its transaction after a serialisation failure', async () => {
    const context = newTenantContext();
    const id = newId();
    await database.withTenant(context, (session) =>
      session.prisma.note.create({ data: { tenantId: context.tenantId, id, body: '' } }),
    );
    const append = () =>
      database.withTenant(
        context,
        async (session) => {
          const [note] = await session.prisma.note.findMany({ where: { id } });
          await session.prisma.note.update({
            where: { tenantId_id: { tenantId: context.tenantId, id } },
            data: { body: `${note!.body}x` },
          });
        },
        { isolation: 'serializable', retries: 50 },
      );
    await Promise.all(Array.from({ length: 5 }, append));
    const [note] = await database.withTenant(context, (session) => session.prisma.note.findMany());
    expect(note!.body).toBe('xxxxx');
  });

  it('shares its connection with many sessions, one client per connection', async () => {
    const made: unknown[] = [];
    const counting = platform.open<{ marker: object }>({
      poolMax: 2,
      prisma: () => {
        const client = { marker: {} };
        made.push(client);
        return client;
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => counting.withGlobal(async (session) => session.prisma.marker)));
    expect(made.length).toBeLessThanOrEqual(2);
    await counting.withGlobal(async () => undefined);
  });
});
