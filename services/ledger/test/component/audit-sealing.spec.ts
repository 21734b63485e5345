import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import fc from 'fast-check';
import pg from 'pg';
import type { VerificationPosition } from '../../src/seals/verification-step.ts';
import { type AuditSeals, isValid, startAuditSeals } from './driver/audit-seals.ts';

let trail: AuditSeals;
beforeAll(async () => {
  trail = await startAuditSeals();
});
afterAll(() => trail.stop());

const groupsOf = async (tenantId: string) => {
  const { rows } = await trail.superuser.query<{ count: number; sequence: bigint }>(
    'select sequence, entry_count as count from ledger.audit_seals where tenant_id = $1 order by sequence',
    [tenantId],
  );
  return rows.map(({ count }) => count);
};

describe('sealing the audit trail', () => {
  it('makes a seal of what one statement has written, and several of more than a thousand entries', async () => {
    const tenant = trail.aTenant();
    for (const size of [1, 500, 2_500, 1]) await trail.write(tenant, size);

    await trail.sealAll(tenant);

    expect(await groupsOf(tenant.tenantId)).toEqual([1, 500, 1_000, 1_000, 500, 1]);
    expect(await trail.verify(tenant)).toMatchObject(isValid(3_002));
  });

  it('goes on batch by batch, a group at least', async () => {
    const tenant = trail.aTenant();
    for (const size of [30, 1, 1, 1]) await trail.write(tenant, size);

    const sealed = [await trail.seal(tenant, 10), await trail.seal(tenant, 2), await trail.seal(tenant, 10)];

    expect([...sealed, await trail.seal(tenant)]).toEqual([30, 2, 1, 0]);
    expect(await trail.verify(tenant)).toMatchObject(isValid(33));
  });

  it('is done once, though many do it at the same moment', async () => {
    const tenant = trail.aTenant();
    for (let count = 0; count < 20; count++) await trail.write(tenant, 5);

    const sealed = await Promise.all(Array.from({ length: 12 }, () => trail.seal(tenant, 10)));
    await trail.sealAll(tenant);

    expect(sealed.filter((count) => count === 'busy').length).toBeGreaterThan(0);
    expect(await groupsOf(tenant.tenantId)).toHaveLength(20);
    expect(await trail.verify(tenant)).toMatchObject(isValid(100));
  });

  it('is all or nothing: what is cut off half-way is done again', async () => {
    const tenant = trail.aTenant();
    let cuts = 0;
    await trail.whileCutOff(async () => {
      for (let round = 0; round < 60; round++) {
        await trail.write(tenant, 20).catch(() => undefined);
        await trail.seal(tenant, 100).catch(() => {
          cuts += 1;
        });
      }
    });
    await trail.sealAll(tenant);

    const { rows } = await trail.superuser.query<{ count: number }>(
      'select count(*)::int as count from ledger.audit_entries where tenant_id = $1',
      [tenant.tenantId],
    );
    expect(cuts).toBeGreaterThan(0);
    expect(await trail.verify(tenant)).toMatchObject(isValid(rows[0]!.count));
  });

  it('tells of where the chain stands', async () => {
    const tenant = trail.aTenant();
    for (const size of [2, 3]) await trail.write(tenant, size);

    await trail.sealAll(tenant);

    const { auditHead } = await trail.verify(tenant);
    const { rows } = await trail.superuser.query<{ envelope: { type: string; data: object } }>(
      'select envelope from ledger.outbox where tenant_id = $1',
      [tenant.tenantId],
    );
    expect(rows.map(({ envelope }) => envelope)).toMatchObject([
      {
        type: 'outlay.ledger.audit.sealed.v1',
        aggregateversion: 2,
        data: { sequence: '2', hash: auditHead!.hash.toString('hex'), count: 2, signature: expect.any(String) },
      },
    ]);
  });

  it(
    'leaves nothing out, in whatever order tenants write, are sealed and are verified',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              who: fc.constantFrom(0, 1),
              what: fc.constantFrom('one', 'many', 'seal', 'verify'),
              size: fc.integer({ min: 1, max: 40 }),
            }),
            { minLength: 5, maxLength: 25 },
          ),
          async (commands) => {
            const tenants = [trail.aTenant(), trail.aTenant()];
            const written = [0, 0];
            for (const { who, what, size } of commands) {
              const tenant = tenants[who]!;
              if (what === 'seal') await trail.seal(tenant, size);
              else if (what === 'verify') {
                const found = await trail.verify(tenant, { stepSize: 16 + size });
                expect(found).toMatchObject({ faults: [], auditEntries: written[who] });
                expect(found.auditSealed + found.auditUnsealed).toBe(written[who]);
              } else {
                const count = what === 'many' ? size : 1;
                await trail.write(tenant, count);
                written[who]! += count;
              }
            }

            for (const [who, tenant] of tenants.entries()) {
              await trail.sealAll(tenant, 7);
              expect(await trail.verify(tenant, { stepSize: 17 })).toMatchObject(isValid(written[who]!));
            }
          },
        ),
        { numRuns: 12 },
      ),
    60_000,
  );
});

describe('the bytes of the format', () => {
  const sha256 = (lines: readonly (string | bigint)[]) =>
    createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');

  it('are those that the document says, whatever an entry holds and however the database is set', async () => {
    const tenant = trail.aTenant();
    // Of a month that there is a partition for.
    const month = new Date().toISOString().slice(0, 7);
    const instant = `${month}-15T10:30:00.123000Z`;
    const odd = 'a\nb "c" \\ \t\u0001 ü€😀';
    const values: [string | null, string | null][] = [
      [null, null],
      ['null', '"text\\nin two lines"'],
      ['{"bb": 1, "a": [1.50, 1e3, true, null], "ä": {"x": "ü"}}', '[]'],
    ];
    const ids = values.map(() => newId()).toSorted();
    await trail.superuser.query('begin');
    for (const [index, [before, after]] of values.entries()) {
      await trail.superuser.query(
        `insert into ledger.audit_entries
           (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id, before, after)
         values ($1, $2, $6, 'user', $3, '', 'changed', 'project', 'id', $4, $5)`,
        [tenant.tenantId, ids[index], odd, before, after, `${month}-15T10:30:00.123Z`],
      );
    }
    await trail.superuser.query('commit');
    const entryOf = (id: string, before: string, after: string) =>
      sha256([
        ...['outlay audit entry 1', tenant.tenantId, id, instant],
        ...['user', odd, '', 'changed', 'project', 'id'].map((text) => JSON.stringify(text)),
        ...[before, after],
      ]);
    const hashes = [
      entryOf(ids[0]!, '', ''),
      entryOf(ids[1]!, 'null', '"text\\nin two lines"'),
      entryOf(ids[2]!, '{"a": [1.50, 1000, true, null], "bb": 1, "ä": {"x": "ü"}}', '[]'),
    ];

    await trail.sealAll(tenant);
    // Of this database alone: the role is that of all test files that run meanwhile.
    const { rows: databases } = await trail.superuser.query('select current_database() as name');
    const role = `alter role outlay_ledger in database ${databases[0].name}`;
    await trail.superuser.query(`${role} set timezone = 'Asia/Kolkata'`);
    await trail.superuser.query(`${role} set datestyle = 'SQL, DMY'`);
    await trail.superuser.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and usename = 'outlay_ledger'`,
    );
    const { faults } = await trail.verify(tenant).catch(() => trail.verify(tenant));

    expect(faults).toEqual([]);
    const { rows: seals } = await trail.superuser.query(
      `select *, to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as sealed_text
       from ledger.audit_seals where tenant_id = $1 order by sequence`,
      [tenant.tenantId],
    );
    let previous = '0'.repeat(64);
    for (const [index, row] of seals.entries()) {
      const group = sha256([...['outlay audit group 1', tenant.tenantId, instant, `${ids[index]} ${hashes[index]}`]]);
      const hash = sha256([
        ...['outlay audit seal 1', tenant.tenantId, `${index + 1}`, previous, instant, group],
        ...[row.sealed_text, row.key_id ?? ''],
      ]);
      expect(row).toMatchObject({ entry_ids: [ids[index]], entry_count: 1 });
      expect(
        [row.entry_hashes, row.group_hash, row.previous_hash, row.hash].map((bytes) => bytes.toString('hex')),
      ).toEqual([...[hashes[index], group, previous, hash]]);
      previous = hash;
    }
    expect(seals).toHaveLength(3);
  });
});

describe('a verification of the audit trail', () => {
  it('is of the moment when it began, whatever is written and sealed before it is done', async () => {
    const tenant = trail.aTenant();
    for (let count = 0; count < 10; count++) await trail.write(tenant, 5);
    await trail.sealAll(tenant, 20);
    for (let count = 0; count < 6; count++) await trail.write(tenant, 5);

    let found = await trail.verifyStep(tenant, 20);
    for (let count = 0; found.next !== undefined; count++) {
      if (count < 10) await trail.write(tenant, 10);
      await trail.seal(tenant, 25);
      found = await trail.verifyStep(tenant, 20, { from: found.next });
      expect(found).toMatchObject({ faults: [], auditHead: { sequence: 10n } });
    }

    expect(found).toMatchObject({ auditEntries: 80, auditSealed: 50, auditUnsealed: 30 });
    await trail.sealAll(tenant);
    expect(await trail.verify(tenant)).toMatchObject(isValid(180));
  });

  it('gets through thousands of groups and groups of thousands of entries, by steps of any length', async () => {
    const tenant = trail.aTenant();
    await trail.superuser.query(
      `with lone as (select generate_series(1, 3000) as number)
       insert into ledger.audit_entries
         (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id)
       select $1::uuid, gen_random_uuid(), now() + lone.number * interval '1 second', 'user', '', '', '', '', '' from lone
       union all
       select $1, gen_random_uuid(), now(), 'user', '', '', '', '', '' from generate_series(1, 4000)`,
      [tenant.tenantId],
    );
    await trail.sealAll(tenant);

    expect((await groupsOf(tenant.tenantId)).toSorted((a, b) => b - a).slice(0, 5)).toEqual([
      ...[1_000, 1_000, 1_000, 1_000, 1],
    ]);
    for (const stepSize of [16, 333, 1_000, 10_000]) {
      expect(await trail.verify(tenant, { stepSize })).toMatchObject(isValid(7_000));
    }
  }, 60_000);

  it('looks up each entry, also with statistics that were taken while they were being written', async () => {
    const tenant = trail.aTenant();
    const writer = new pg.Client({ connectionString: trail.adminUrl });
    await writer.connect();
    await writer.query('begin');
    await writer.query(
      `insert into ledger.audit_entries
         (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id)
       select $1, gen_random_uuid(), now(), 'user', '', '', '', '', '' from generate_series(1, 3000)`,
      [tenant.tenantId],
    );
    await trail.superuser.query('analyze ledger.audit_entries');
    await writer.query('commit');
    await writer.end();
    const before = await blocksRead();

    await trail.sealAll(tenant);
    expect(await trail.verify(tenant, { stepSize: 10_000 })).toMatchObject(isValid(3_000));

    // By an index that fits the tenant alone, each would be looked for among all.
    const blocks = (await blocksRead()) - before;
    expect({ isBounded: blocks < 10 * 3_000, blocks }).toMatchObject({ isBounded: true });
  });

  it('names hundreds of entries bit by bit, by answers that stay short, each once', async () => {
    const tenant = trail.aTenant();
    for (const size of [900, 5, 700]) await trail.write(tenant, size);
    await trail.sealAll(tenant);
    await trail.tamper(
      tenant,
      "update ledger.audit_entries set action = 'nothing' where tenant_id = $1",
      `insert into ledger.audit_entries
         (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id)
       select $1, gen_random_uuid(), now(), 'user', '', '', '', '', '' from generate_series(1, 600)`,
    );
    const named: string[] = [];

    let from: VerificationPosition | undefined;
    do {
      const found = await trail.verifyStep(tenant, 1_000, { from });
      expect(found.faults.length).toBeLessThan(200);
      named.push(...found.faults.map(({ kind, auditEntryId }) => `${kind} ${auditEntryId}`));
      from = found.next;
    } while (from !== undefined);

    expect(new Set(named).size).toBe(named.length);
    expect(named.filter((name) => name.startsWith('audit_changed'))).toHaveLength(1_605);
    expect(named.filter((name) => name.startsWith('audit_inserted'))).toHaveLength(600);
  });
});

describe('an audit trail that is older than its seals', () => {
  it('is sealed as well, in groups of its instants', async () => {
    const tenant = trail.aTenant();
    const file = new URL('../../migrations/0164_audit-seals.sql', import.meta.url);
    const [up = '', down = ''] = (await readFile(file, 'utf8')).split('-- Down Migration');
    const asOwner = (statements: string) =>
      trail.superuser.query(
        `begin; set local role outlay_owner; set local search_path = ledger; ${statements}; commit`,
      );
    await asOwner(down);
    for (const size of [12, 2_100, 1]) await trail.write(tenant, size);

    await asOwner(up);

    expect(await trail.verify(tenant)).toMatchObject({ faults: [], auditEntries: 2_113, auditUnsealed: 2_113 });
    await trail.sealAll(tenant, 5);
    expect(await groupsOf(tenant.tenantId)).toEqual([12, 1_000, 1_000, 100, 1]);
    expect(await trail.verify(tenant)).toMatchObject(isValid(2_113));
  });
});

/** How many blocks of the indexes of the audit trail have been read. Connections tell when they end, if not before. */
async function blocksRead(): Promise<number> {
  await trail.superuser.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and usename = 'outlay_ledger'`,
  );
  const { rows } = await trail.superuser.query<{ count: number }>(
    `select sum(idx_blks_hit + idx_blks_read)::float8 as count from pg_statio_user_indexes
     where relname like 'audit_entries_%'`,
  );
  return rows[0]!.count;
}
