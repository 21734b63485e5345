import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSilentLogger, newId, pause, type TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { createSealKey } from '../../src/seals/chain/seal-key.ts';
import { createSealer } from '../../src/seals/sealer.ts';
import { type AuditSeals, isValid, startAuditSeals } from './driver/audit-seals.ts';
import { sealKey } from './driver/start-ledger.ts';

let trail: AuditSeals;
beforeAll(async () => {
  trail = await startAuditSeals();
});
afterAll(() => trail.stop());

interface Row {
  recordedAt?: string;
  count?: number;
  ids?: string;
}

const row = ({ recordedAt = 'now()', count = 1, ids = 'array[$2::uuid]' }: Row) =>
  `insert into ledger.audit_unsealed (tenant_id, recorded_at, entry_count, entry_ids)
   values ($1, ${recordedAt}, ${count}, ${ids})`;

/** Rows that a superuser might put into the queue. */
const forged: [string, Row][] = [
  ['counts more entries than it has', { count: 2_000_000_000 }],
  ['counts none', { count: 0 }],
  ['has none', { count: 0, ids: `'{}'` }],
  ['has its ids at another place', { ids: `('[5:5]={' || $2::uuid || '}')::uuid[]` }],
  ['has its ids in two dimensions', { ids: 'array[array[$2::uuid]]' }],
  ['is of no instant', { recordedAt: `'infinity'` }],
  ['is of an instant that a seal cannot tell', { recordedAt: `'12026-01-01'` }],
  ['is of an instant before all', { recordedAt: `'2026-01-01 BC'` }],
];

async function queue({ tenantId }: TenantContext, given: Row, id: string): Promise<void> {
  const statement = row(given);
  await trail.superuser.query(statement, statement.includes('$2') ? [tenantId, id] : [tenantId]);
}

const entry = (id: string) =>
  `insert into ledger.audit_entries (tenant_id, id, actor_kind, actor_id, request_id, action, entity, entity_id)
   values ($1, '${id}', 'user', '', '', 'changed', 'project', '')`;

describe('the queue of the audit trail', () => {
  it('may have groups in another order than that of their instants', async () => {
    const tenant = trail.aTenant();
    await trail.database.withTenant(tenant, async (session) => {
      await session.query('select now()');
      for (const size of [2, 3]) await trail.write(tenant, size);
      await session.query(entry(newId()).replace('ledger.', ''), [tenant.tenantId]);
    });
    await trail.write(tenant, 1);

    await trail.sealAll(tenant);

    expect(await trail.verify(tenant)).toMatchObject(isValid(7));
  });

  it.each(forged)('takes no row that %s', async (_, given) => {
    await expect(queue(trail.aTenant(), given, newId())).rejects.toThrow('audit_unsealed_can_be_sealed');
  });

  it('has the others sealed with a row of an instant that is far from theirs', async () => {
    const tenant = trail.aTenant();
    const gone = newId();
    await trail.write(tenant, 2);
    await queue(tenant, { recordedAt: `'9999-12-31'` }, gone);
    await trail.write(tenant, 3);

    await trail.sealAll(tenant);

    const { faults, ...counts } = await trail.verify(tenant);
    expect(faults).toMatchObject([{ kind: 'audit_missing', auditEntryId: gone }]);
    expect(counts).toMatchObject({ auditEntries: 5, auditUnsealed: 0 });
  });
});

describe('a row of the queue that a superuser makes of a million ids', () => {
  const million = (id: string) => `array(select ${id} from generate_series(1, 1000000)) || $2::uuid`;
  const ways: [string, string][] = [
    ['different ones', million('gen_random_uuid()')],
    ['the same one', million('$2::uuid')],
    ['none', million('null::uuid')],
  ];

  it.each(ways)('holds up nothing that waits behind it: %s', async (_, ids) => {
    const tenant = trail.aTenant();
    const id = newId();
    await trail.write(tenant, 2);
    await queue(tenant, { ids, count: 1_000_001 }, id);
    await trail.tamper(tenant, entry(id));
    await trail.write(tenant, 3);

    const { faults: whileWaiting } = await trail.verify(tenant);
    await trail.sealAll(tenant);
    const { faults, ...counts } = await trail.verify(tenant);

    for (const named of [whileWaiting, faults]) {
      expect(named).toMatchObject([{ kind: 'audit_inserted', auditEntryId: id }]);
    }
    expect(counts).toMatchObject({ auditSealed: 5, auditUnsealed: 0 });
  });

  it('holds up nothing where it is compressed, and there are many of them', async () => {
    const tenant = trail.aTenant();
    const id = newId();
    await trail.superuser.query('alter table ledger.audit_unsealed alter column entry_ids set storage extended');
    await trail.write(tenant, 2);
    for (let count = 0; count < 40; count++) {
      await queue(tenant, { ids: million('$2::uuid').replace('1000000', '99999'), count: 100_000 }, id);
    }
    await trail.tamper(tenant, entry(id));
    await trail.write(tenant, 3);

    await trail.sealAll(tenant);

    const { faults, ...counts } = await trail.verify(tenant);
    expect(faults).toMatchObject([{ kind: 'audit_inserted', auditEntryId: id }]);
    expect(counts).toMatchObject({ auditSealed: 5, auditUnsealed: 0 });
    await trail.superuser.query('alter table ledger.audit_unsealed alter column entry_ids set storage external');
  });
});

describe('a verification', () => {
  it('says since when the oldest entry waits, by steps of any length', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 5);
    await trail.sealAll(tenant);
    for (let count = 0; count < 12; count++) await trail.write(tenant, 5);
    const { rows } = await trail.superuser.query<{ oldest: string }>(
      `select to_char(min(recorded_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as oldest
       from ledger.audit_unsealed where tenant_id = $1`,
      [tenant.tenantId],
    );

    for (const stepSize of [16, 1_000]) {
      const found = await trail.verify(tenant, { stepSize });
      expect(found).toMatchObject({ faults: [], auditUnsealed: 60, oldestUnsealedAt: rows[0]!.oldest });
    }
    await trail.sealAll(tenant);
    expect((await trail.verify(tenant)).oldestUnsealedAt).toBeUndefined();
  });

  it('whose steps take too long goes on with fewer entries, and names and counts the same', async () => {
    const tenant = trail.aTenant();
    for (let count = 0; count < 6; count++) await trail.write(tenant, 5);
    await trail.sealAll(tenant);
    await trail.write(tenant, 3);
    await trail.tamper(
      tenant,
      `update ledger.audit_entries set after = to_jsonb(repeat('x', 4000000))
       where tenant_id = $1 and entity_id in ('project 1', 'project 3')
         and id in (select unnest(entry_ids) from ledger.audit_seals where tenant_id = $1)`,
    );

    const found = await trail.verify(tenant, { stepMs: 20 });

    expect(found.faults.map(({ kind }) => kind)).toEqual(Array.from({ length: 12 }, () => 'audit_changed'));
    expect(found).toEqual(await trail.verify(tenant));
    expect(found).toMatchObject({ auditEntries: 33, auditSealed: 30, auditUnsealed: 3 });
  });
});

describe('a chain', () => {
  const last = 2n ** 63n - 1n;

  it.each([
    [
      'a seal of the last number there is',
      `insert into ledger.audit_seals
       select (jsonb_populate_record(seal, jsonb_build_object('sequence', ${last}))).*
       from ledger.audit_seals as seal where seal.tenant_id = $1 and seal.sequence = 1`,
    ],
    ['a head of that number', `update ledger.audit_chains set sequence = ${last} where tenant_id = $1`],
  ])('is lengthened beside %s', async (_, statement) => {
    const tenant = trail.aTenant();
    for (const size of [1, 2]) await trail.write(tenant, size);
    await trail.sealAll(tenant);
    await trail.tamper(tenant, statement);
    await trail.write(tenant, 3);

    await trail.sealAll(tenant);

    const { rows } = await trail.superuser.query(
      `select seal.sequence, seal.entry_count, before.hash = seal.previous_hash as is_linked
       from ledger.audit_seals as seal
       join ledger.audit_seals as before on before.tenant_id = $1 and before.sequence = 2
       where seal.tenant_id = $1 and seal.sequence between 3 and 10`,
      [tenant.tenantId],
    );
    expect(rows).toEqual([{ sequence: expect.anything(), entry_count: 3, is_linked: true }]);
  });
});

describe('a sealer', () => {
  it('lets a chain that fails rest longer each time, and goes on with the others', async () => {
    const [failing, other] = [trail.aTenant(), trail.aTenant()];
    for (const tenant of [failing, other]) await trail.write(tenant, 1);
    await trail.superuser.query(
      `create function ledger.fail() returns trigger language plpgsql as $$ begin raise 'it fails'; end $$;
       create trigger fail before insert on ledger.audit_seals
         for each row when (new.tenant_id = '${failing.tenantId}') execute function ledger.fail()`,
    );
    const failures: unknown[] = [];
    const logger = Object.assign(createSilentLogger(), { warn: (said: unknown) => failures.push(said) });
    const sealer = createSealer({ database: trail.database, key: createSealKey(sealKey), pollMs: 5, logger });

    await sealer.start?.();
    for (let count = 0; count < 20; count++) {
      await pause(50);
      await trail.write(other, 1);
    }
    await eventually(async () => expect(await trail.verify(other)).toMatchObject(isValid(21)));
    const failuresUntilThen = failures.length;
    await trail.superuser.query('drop trigger fail on ledger.audit_seals; drop function ledger.fail()');
    await eventually(async () => expect(await trail.verify(failing)).toMatchObject(isValid(1)));
    await sealer.stop?.();

    // After 5, 10, 20, 40 ... ms.
    expect(failuresUntilThen).toBeGreaterThan(3);
    expect(failuresUntilThen).toBeLessThan(12);
  });
});

describe('a queue that no longer refuses anything', () => {
  beforeAll(() =>
    trail.superuser.query('alter table ledger.audit_unsealed drop constraint audit_unsealed_can_be_sealed'),
  );

  it.each(forged)('has the others sealed beside a row that %s', async (_, given) => {
    const tenant = trail.aTenant();
    const id = newId();
    await trail.write(tenant, 2);
    await queue(tenant, given, id);
    await trail.tamper(tenant, entry(id));
    await trail.write(tenant, 3);

    await trail.sealAll(tenant);
    await trail.write(tenant, 1);
    await trail.sealAll(tenant);

    const { faults, auditUnsealed } = await trail.verify(tenant);
    expect(auditUnsealed).toBe(0);
    expect(faults.filter(({ auditEntryId }) => auditEntryId !== id)).toEqual([]);
  });

  it('is put in order by the migration, after which it refuses them', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 3);
    for (const [, given] of forged) await queue(tenant, given, newId());
    const file = new URL('../../migrations/0190_whole-audit-queue.sql', import.meta.url);
    const [up = ''] = (await readFile(file, 'utf8')).split('-- Down Migration');

    await trail.superuser.query(`begin; set local role outlay_owner; set local search_path = ledger; ${up}; commit`);

    const { rows } = await trail.superuser.query<{ count: number }>(
      'select entry_count as count from ledger.audit_unsealed where tenant_id = $1 order by id',
      [tenant.tenantId],
    );
    expect(rows.map(({ count }) => count)).toEqual([3, 1, 1, 1, 1]);
    await expect(queue(tenant, { count: 2 }, newId())).rejects.toThrow('audit_unsealed_can_be_sealed');
  });
});
