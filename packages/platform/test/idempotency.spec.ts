import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Database,
  deleteIdempotencyKeys,
  hashRequest,
  idempotent,
  newId,
  recordAudit,
  type TenantContext,
} from '../src/index.ts';
import { createPlatformDatabase, newTenantContext, type PlatformDatabase } from './support/database.ts';

let platform: PlatformDatabase;
let database: Database;

beforeAll(async () => {
  platform = await createPlatformDatabase();
  database = platform.open();
});
afterAll(() => platform.drop());

/** Records a note under the context's key and answers its id. */
function recordNote(context: TenantContext, request: unknown = { body: 'x' }, operation = 'record-note') {
  return database.withTenant(context, (session) =>
    idempotent(session, context, { operation, request }, async () => {
      const id = newId();
      await session.query('insert into notes (tenant_id, id, body) values ($1, $2, $3)', [context.tenantId, id, 'x']);
      return { id, total: 12n };
    }),
  );
}

async function noteCount(context: TenantContext): Promise<number> {
  const { rows } = await database.withTenant(context, (session) => session.query('select 1 from notes'));
  return rows.length;
}

describe('a command with an idempotency key', () => {
  it('has one effect and one answer when it comes 20 times at once', async () => {
    const context = newTenantContext({ idempotencyKey: newId() });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => recordNote(context)));
    expect(new Set(outcomes.map(({ answer }) => answer.id)).size).toBe(1);
    expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await noteCount(context)).toBe(1);
  });

  it('answers from the store later, bigints as text', async () => {
    const context = newTenantContext({ idempotencyKey: newId() });
    const first = await recordNote(context);
    const second = await recordNote(context);
    expect(second).toEqual({ answer: { id: first.answer.id, total: '12' }, replayed: true });
  });

  it('is refused when the key came with another request', async () => {
    const context = newTenantContext({ idempotencyKey: newId() });
    await recordNote(context, { body: 'x' });
    await expect(recordNote(context, { body: 'y' })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'idempotency_key_reused',
    });
    expect(await noteCount(context)).toBe(1);
  });

  it('never gets the answer of another user, tenant or operation', async () => {
    const idempotencyKey = newId();
    const context = newTenantContext({ idempotencyKey, actor: { kind: 'user', id: newId() } });
    const colleague = { ...context, actor: { kind: 'user' as const, id: newId() } };
    const stranger = newTenantContext({ idempotencyKey, actor: context.actor });
    const answers = [
      await recordNote(context),
      await recordNote(colleague),
      await recordNote(stranger),
      await recordNote(context, { body: 'x' }, 'another-operation'),
    ];
    expect(answers.map(({ replayed }) => replayed)).toEqual([false, false, false, false]);
    expect(new Set(answers.map(({ answer }) => answer.id)).size).toBe(4);
  });

  it('may be tried again when the first try failed', async () => {
    const context = newTenantContext({ idempotencyKey: newId() });
    const failing = database.withTenant(context, (session) =>
      idempotent(session, context, { operation: 'record-note', request: { body: 'x' } }, async () => {
        throw new Error('crashed');
      }),
    );
    await expect(failing).rejects.toThrow('crashed');
    expect((await recordNote(context)).replayed).toBe(false);
  });

  it('takes over when the twin it waited for crashed', async () => {
    const context = newTenantContext({ idempotencyKey: newId() });
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let crash: () => void = () => undefined;
    const crashing = new Promise<void>((_resolve, reject) => {
      crash = () => reject(new Error('crashed'));
    });
    const first = database.withTenant(context, (session) =>
      idempotent(session, context, { operation: 'record-note', request: { body: 'x' } }, async () => {
        arrive();
        await crashing;
      }),
    );
    await arrived;
    const second = recordNote(context);
    crash();
    await expect(first).rejects.toThrow('crashed');
    expect((await second).replayed).toBe(false);
    expect(await noteCount(context)).toBe(1);
  });

  it('runs each time when it has no key', async () => {
    const context = newTenantContext();
    await recordNote(context);
    await recordNote(context);
    expect(await noteCount(context)).toBe(2);
  });
});

describe('old idempotency keys', () => {
  it('are deleted for all tenants, and young ones kept', async () => {
    const [old, young] = [newTenantContext({ idempotencyKey: 'old' }), newTenantContext({ idempotencyKey: 'young' })];
    await recordNote(old);
    await recordNote(young);
    await platform.admin(
      `update ledger.idempotency_keys set created_at = now() - interval '3 days' where tenant_id = $1`,
      [old.tenantId],
    );
    await platform.admin(
      `insert into ledger.idempotency_keys (tenant_id, actor_id, operation, key, request_hash, created_at)
       select $1, 'a', 'o', series::text, '', now() - interval '3 days' from generate_series(1, 2500) as series`,
      [old.tenantId],
    );
    expect(await deleteIdempotencyKeys(database, new Date(Date.now() - 2 * 86_400_000))).toBe(2_501);
    expect((await recordNote(young)).replayed).toBe(true);
    expect((await recordNote(old)).replayed).toBe(false);
  });
});

describe('the hash of a request', () => {
  it('does not depend on the order of keys, and tells different requests apart', () => {
    expect(hashRequest({ a: 1, b: { c: [1, 2], d: 3n } })).toEqual(hashRequest({ b: { d: 3n, c: [1, 2] }, a: 1 }));
    expect(hashRequest({ a: [1, 2] })).not.toEqual(hashRequest({ a: [2, 1] }));
    expect(hashRequest({ a: undefined })).toEqual(hashRequest({}));
    expect(hashRequest(JSON.parse('{"__proto__": 1}'))).not.toEqual(hashRequest({}));
  });
});

describe('the audit trail', () => {
  it('says who did what in which request, and only to the tenant', async () => {
    const context = newTenantContext({ actor: { kind: 'user', id: newId() } });
    const entityId = newId();
    await database.withTenant(context, (session) =>
      recordAudit(session, context, {
        action: 'note.renamed',
        entity: 'note',
        entityId,
        before: { body: 'a' },
        after: { body: 'b', size: 3n },
      }),
    );
    const read = `
      select entry.actor_kind, entry.actor_id, entry.request_id, entry.action, entry.entity, entry.entity_id,
        entry.before, entry.after
      from audit_entries as entry`;
    const { rows } = await database.withTenant(context, (session) => session.query(read));
    expect(rows).toEqual([
      {
        actor_kind: 'user',
        actor_id: context.actor.id,
        request_id: context.requestId,
        action: 'note.renamed',
        entity: 'note',
        entity_id: entityId,
        before: { body: 'a' },
        after: { body: 'b', size: '3' },
      },
    ]);
    const other = await database.withTenant(newTenantContext(), (session) => session.query(read));
    expect(other.rows).toEqual([]);
  });
});
