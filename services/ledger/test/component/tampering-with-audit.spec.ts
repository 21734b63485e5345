import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type TenantContext } from '@outlay/platform';
import { groupHashOf, presentHashes } from '../../src/seals/audit-hash.ts';
import { type AuditSeals, isValid, startAuditSeals } from './driver/audit-seals.ts';

let trail: AuditSeals;
beforeAll(async () => {
  trail = await startAuditSeals();
});
afterAll(() => trail.stop());

/** Twenty groups of one, three and two entries in turn, sealed at once: the seals 16 and 20 are signed. */
async function tenantWithSeals(): Promise<TenantContext> {
  const tenant = trail.aTenant();
  for (let count = 0; count < 20; count++) await trail.write(tenant, [1, 3, 2][count % 3]!);
  await trail.sealAll(tenant);
  return tenant;
}
const entryCount = 40;

/** The entry in the middle of group 5, as SQL that finds it. */
const target = '(select entry_ids[2] from ledger.audit_seals where tenant_id = $1 and sequence = 5)';
const theEntry = `tenant_id = $1 and id = ${target}`;
const theGroup = 'tenant_id = $1 and sequence = 5';
const bytes = (count: number) => `decode(repeat('ab', ${count}), 'hex')`;
const move = (from: number, to: number) =>
  `update ledger.audit_seals set sequence = ${to} where tenant_id = $1 and sequence = ${from}`;
const exchange = (one: number, other: number) => [move(one, 99), move(other, one), move(99, other)];

/** What is found of a tenant: kinds with the seal and the entry that are named, which is `it` where it is the one in question. */
async function found(tenant: TenantContext, it: string | undefined, given: Parameters<AuditSeals['verify']>[1] = {}) {
  const { faults } = await trail.verify(tenant, given);
  return faults
    .map(({ kind, sequence, auditEntryId = '' }) => `${kind} ${sequence} ${auditEntryId === it ? 'it' : auditEntryId}`)
    .map((text) => text.trim());
}

async function targetOf({ tenantId }: TenantContext): Promise<string> {
  const { rows } = await trail.superuser.query<{ id: string }>(`select ${target} as id`, [tenantId]);
  return rows[0]!.id;
}

const each = (kind: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${kind} ${from + index}`);

describe('a superuser who changes an entry of the audit trail in its', () => {
  it.each([
    ['actor_kind', "'user'"],
    ['actor_id', "actor_id || ' '"],
    ['request_id', "'another'"],
    ['action', "'project.deleted'"],
    ['entity', "'account'"],
    ['entity_id', "'another'"],
    ['before', 'null'],
    ['before', "'null'"],
    ['after', `'{"name": "Shop", "number": 8}'`],
    ['after', `'{"name": "Shop", "number": 1.0}'`],
    ['recorded_at', "recorded_at + interval '1 microsecond'"],
  ])('%s to %s is found out, and so is it by name alone', async (column, value) => {
    const [tenant, other] = [await tenantWithSeals(), await tenantWithSeals()];
    const it = await targetOf(tenant);

    await trail.tamper(tenant, `update ledger.audit_entries set ${column} = ${value} where ${theEntry}`);

    const inserted = column === 'recorded_at' ? ['audit_inserted 0 it'] : [];
    expect(await found(tenant, it)).toEqual(['audit_changed 5 it', ...inserted]);
    expect(await trail.verify(other)).toMatchObject(isValid(entryCount));
  });

  it('tenant is found out in both', async () => {
    const [tenant, other] = [await tenantWithSeals(), await tenantWithSeals()];
    const it = await targetOf(tenant);

    await trail.tamper(tenant, `update ledger.audit_entries set tenant_id = '${other.tenantId}' where ${theEntry}`);

    expect(await found(tenant, it)).toEqual(['audit_missing 5 it']);
    expect(await found(other, it)).toEqual(['audit_inserted 0 it']);
  });

  it('value by one that would be written alike, were it not for line feeds, is found out', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 1);
    const set = (actor: string, request: string) =>
      `update ledger.audit_entries set actor_id = E'${actor}', request_id = E'${request}' where tenant_id = $1`;
    await trail.tamper(tenant, set('a\\nb', 'c'));
    await trail.sealAll(tenant);
    expect(await trail.verify(tenant)).toMatchObject(isValid(1));

    await trail.tamper(tenant, set('a', 'b\\nc'));

    expect((await trail.verify(tenant)).faults).toMatchObject([{ kind: 'audit_changed', sequence: 1n }]);
  });
});

interface Deed {
  name: string;
  statements: string[];
  /** What names it; `it` is the entry in the middle of group 5. */
  named: string[];
}

const insertOne = (id = 'gen_random_uuid()', recordedAt = 'now()') =>
  `insert into ledger.audit_entries
     (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id)
   values ($1, ${id}, ${recordedAt}, 'user', 'somebody', '', 'changed', 'project', '')`;

const strangerId = newId();

const deeds: Deed[] = [
  {
    name: 'drops an entry',
    statements: [`delete from ledger.audit_entries where ${theEntry}`],
    named: ['audit_missing 5 it'],
  },
  {
    name: 'drops an entry and puts another in its place',
    statements: [
      `create temporary table dropped as select * from ledger.audit_entries where ${theEntry}`,
      `delete from ledger.audit_entries where ${theEntry}`,
      insertOne(target, '(select recorded_at from dropped)'),
      'drop table dropped',
    ],
    named: ['audit_changed 5 it'],
  },
  {
    name: 'drops an entry and takes it off its group',
    statements: [
      `delete from ledger.audit_entries where ${theEntry}`,
      `update ledger.audit_seals set entry_count = 2, entry_ids = array[entry_ids[1], entry_ids[3]],
         entry_hashes = substring(entry_hashes for 32) || substring(entry_hashes from 65) where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'takes an entry off its group',
    statements: [
      `update ledger.audit_seals set entry_count = 2, entry_ids = array[entry_ids[1], entry_ids[3]],
         entry_hashes = substring(entry_hashes for 32) || substring(entry_hashes from 65) where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5', 'audit_inserted 0 it'],
  },
  {
    name: 'puts an id of another group in the place of one',
    statements: [
      `update ledger.audit_seals as seal set entry_ids[2] = other.entry_ids[2] from ledger.audit_seals as other
       where seal.tenant_id = $1 and seal.sequence = 5 and other.tenant_id = $1 and other.sequence = 8`,
    ],
    named: ['audit_seal_changed 5', 'audit_inserted 0 it'],
  },
  {
    name: 'changes the hash of an entry in its group',
    statements: [
      `update ledger.audit_seals
       set entry_hashes = substring(entry_hashes for 32) || ${bytes(32)} || substring(entry_hashes from 65) where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'changes the hash of an entry in its group, and the entry',
    statements: [
      `update ledger.audit_entries set action = '' where ${theEntry}`,
      `update ledger.audit_seals
       set entry_hashes = substring(entry_hashes for 32) || ${bytes(32)} || substring(entry_hashes from 65) where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5', 'audit_changed 5 it'],
  },
  {
    name: 'exchanges two ids in their group',
    statements: [
      `update ledger.audit_seals set entry_ids = array[entry_ids[1], entry_ids[3], entry_ids[2]] where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'changes the hash of a group',
    statements: [`update ledger.audit_seals set group_hash = ${bytes(32)} where ${theGroup}`],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'changes an entry, and the hash of its group to that of the entries as they are',
    statements: [
      `update ledger.audit_entries set action = '' where ${theEntry}`,
      'set local search_path = ledger',
      `update audit_seals as seal set group_hash = (
         select ${groupHashOf('seal.recorded_at')}
         from ${presentHashes('seal.entry_ids', 'seal.recorded_at')} as listed
       ) where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5', 'audit_changed 5 it'],
  },
  {
    name: 'changes the hash of an entry in its group, and that of the seal',
    statements: [
      `update ledger.audit_seals set hash = ${bytes(32)},
         entry_hashes = substring(entry_hashes for 32) || ${bytes(32)} || substring(entry_hashes from 65) where ${theGroup}`,
    ],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'changes an entry, and says of a seal before it that it is of more entries',
    statements: [
      ...['check', 'check1', 'entry_count_check'].map(
        (name) => `alter table ledger.audit_seals drop constraint if exists audit_seals_${name}`,
      ),
      `update ledger.audit_entries set action = '' where ${theEntry}`,
      'update ledger.audit_seals set entry_count = 100000 where tenant_id = $1 and sequence = 2',
    ],
    named: ['audit_seal_changed 2', 'audit_changed 5 it'],
  },
  {
    name: 'changes the hash of a seal',
    statements: [`update ledger.audit_seals set hash = ${bytes(32)} where ${theGroup}`],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'changes what a seal follows',
    statements: [`update ledger.audit_seals set previous_hash = ${bytes(32)} where ${theGroup}`],
    named: ['audit_seal_changed 5'],
  },
  {
    name: 'changes when a seal was made',
    statements: [`update ledger.audit_seals set sealed_at = sealed_at - interval '1 day' where ${theGroup}`],
    named: ['audit_seal_changed 5'],
  },
  { name: 'exchanges two seals', statements: exchange(5, 8), named: ['audit_reordered 5', 'audit_reordered 8'] },
  {
    name: 'drops the newest seal with its entries',
    statements: [
      `delete from ledger.audit_entries where tenant_id = $1
       and id = any ((select entry_ids from ledger.audit_seals where tenant_id = $1 and sequence = 20)::uuid[])`,
      'delete from ledger.audit_seals where tenant_id = $1 and sequence = 20',
    ],
    named: ['audit_unproved 17', 'audit_seal_missing 20'],
  },
  {
    name: 'puts in an entry with a seal before the first',
    statements: [
      'alter table ledger.audit_seals drop constraint if exists audit_seals_sequence_check',
      insertOne(`'${strangerId}'`, `(select recorded_at from ledger.audit_seals where ${theGroup})`),
      `insert into ledger.audit_seals
         (tenant_id, sequence, recorded_at, entry_count, entry_ids, entry_hashes, group_hash, previous_hash, hash, sealed_at)
       select tenant_id, -1, recorded_at, 1, array['${strangerId}'::uuid], substring(entry_hashes for 32), group_hash,
         previous_hash, hash, sealed_at from ledger.audit_seals where ${theGroup}`,
    ],
    named: ['audit_seal_changed 0', `audit_inserted 0 ${strangerId}`],
  },
  {
    name: 'turns the chain’s row back',
    statements: ['update ledger.audit_chains set sequence = 19 where tenant_id = $1'],
    named: ['audit_head_mismatch 20'],
  },
];

describe('a superuser who', () => {
  it.each(deeds.map((deed) => [deed.name, deed] as const))('%s is found out', async (_, { statements, named }) => {
    const [tenant, other] = [await tenantWithSeals(), await tenantWithSeals()];
    const it = await targetOf(tenant);
    expect(await trail.verify(tenant)).toMatchObject(isValid(entryCount));

    await trail.tamper(tenant, ...statements);

    for (const stepSize of [21, 1_000]) {
      expect(await found(tenant, it, { stepSize })).toEqual(named);
    }
    expect(await trail.verify(other)).toMatchObject(isValid(entryCount));
  });

  it('changes a signature is found out, and named is the entry too of a seal that is of one alone', async () => {
    const tenant = await tenantWithSeals();
    const { rows } = await trail.superuser.query<{ id: string }>(
      'select entry_ids[1] as id from ledger.audit_seals where tenant_id = $1 and sequence = 16',
      [tenant.tenantId],
    );

    await trail.tamper(
      tenant,
      `update ledger.audit_seals set signature = ${bytes(64)} where tenant_id = $1 and sequence = 16`,
    );

    expect(await found(tenant, rows[0]!.id)).toEqual(['audit_seal_changed 16 it']);
  });

  it('gives a seal of one the entry of another is found out, and that entry is not accused', async () => {
    const tenant = await tenantWithSeals();
    const it = await targetOf(tenant);
    const { rows } = await trail.superuser.query<{ id: string }>(
      'select entry_ids[1] as id from ledger.audit_seals where tenant_id = $1 and sequence = 4',
      [tenant.tenantId],
    );

    await trail.tamper(
      tenant,
      `update ledger.audit_seals set entry_ids = array[${target}] where tenant_id = $1 and sequence = 4`,
    );

    expect(await found(tenant, it)).toEqual(['audit_seal_changed 4', `audit_inserted 0 ${rows[0]!.id}`]);
  });

  it('drops a seal is found out, with the entries that it was of, and those before it are proved by nothing', async () => {
    const tenant = await tenantWithSeals();
    const { rows } = await trail.superuser.query<{ id: string }>(
      `select unnest(entry_ids) as id from ledger.audit_seals where ${theGroup} order by id`,
      [tenant.tenantId],
    );

    await trail.tamper(tenant, `delete from ledger.audit_seals where ${theGroup}`);

    expect(await found(tenant, undefined)).toEqual([
      ...['audit_unproved 1', 'audit_seal_missing 5'],
      ...rows.map(({ id }) => `audit_inserted 0 ${id}`),
    ]);
  });

  it('puts an entry in is found out, and one who has it queued has it sealed as of then', async () => {
    const tenant = await tenantWithSeals();
    const [past, queued] = [newId(), newId()];

    await trail.tamper(tenant, insertOne(`'${past}'`));
    await trail.superuser.query(insertOne(`'${queued}'`), [tenant.tenantId]);

    expect(await found(tenant, past)).toEqual(['audit_inserted 0 it']);
    expect(await trail.verify(tenant)).toMatchObject({ auditEntries: entryCount + 2, auditUnsealed: 1 });
    await trail.sealAll(tenant);
    expect(await found(tenant, past)).toEqual(['audit_inserted 0 it']);
    expect(await trail.verify(tenant)).toMatchObject({ auditEntries: entryCount + 2, auditUnsealed: 0 });
  });

  it('puts an entry in at the instant of a group, or a null into its list, is found out', async () => {
    const tenant = await tenantWithSeals();
    const id = newId();

    await trail.tamper(
      tenant,
      insertOne(`'${id}'`, `(select recorded_at from ledger.audit_seals where ${theGroup})`),
      `update ledger.audit_seals set entry_ids[1] = null where ${theGroup}`,
    );

    const named = await found(tenant, id);
    expect(named).toEqual(expect.arrayContaining(['audit_seal_changed 5', 'audit_inserted 0 it']));
  });

  it('drops an entry before it is sealed is found out', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 3);
    const { rows } = await trail.superuser.query<{ id: string }>(
      'select id from ledger.audit_entries where tenant_id = $1 order by id limit 1',
      [tenant.tenantId],
    );

    await trail.tamper(tenant, `delete from ledger.audit_entries where tenant_id = $1 and id = '${rows[0]!.id}'`);
    await trail.sealAll(tenant);

    expect(await found(tenant, rows[0]!.id)).toEqual(['audit_missing 1 it']);
  });

  it('takes a group off the queue is found out', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 2);

    await trail.tamper(tenant, 'delete from ledger.audit_unsealed where tenant_id = $1');
    await trail.sealAll(tenant);

    expect((await trail.verify(tenant)).faults).toMatchObject([{ kind: 'audit_inserted' }, { kind: 'audit_inserted' }]);
  });
});

describe('a superuser without the key who makes the chain anew', () => {
  /** Changes the entry of group 5, and makes all that there is of hashes fit together again up to some seal. */
  async function rewrite(tenant: TenantContext, upTo: number): Promise<void> {
    await trail.tamper(tenant, `update ledger.audit_entries set action = 'nothing' where ${theEntry}`);
    const utc = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
    const { rows } = await trail.superuser.query(
      `select seal.sequence::int, seal.entry_ids, seal.entry_hashes, seal.hash, coalesce(seal.key_id, '') as key_id,
         to_char(seal.recorded_at at time zone 'UTC', $2) as recorded_at,
         to_char(seal.sealed_at at time zone 'UTC', $2) as sealed_at,
         (
           select sha256(convert_to(concat_ws(
             E'\\n', 'outlay audit entry 1', tenant_id, id, to_char(recorded_at at time zone 'UTC', $2),
             to_json(actor_kind), to_json(actor_id), to_json(request_id), to_json(action), to_json(entity),
             to_json(entity_id), coalesce(before::text, ''), coalesce(after::text, ''), ''
           ), 'UTF8'))
           from ledger.audit_entries where tenant_id = $1 and id = seal.entry_ids[2]
         ) as second_hash
       from ledger.audit_seals as seal where seal.tenant_id = $1 order by seal.sequence`,
      [tenant.tenantId, utc],
    );
    let previous = rows[3].hash.toString('hex');
    for (const row of rows.slice(4, upTo)) {
      if (row.sequence === 5) row.second_hash.copy(row.entry_hashes, 32);
      const hashOf = (index: number) => row.entry_hashes.subarray(index * 32, index * 32 + 32).toString('hex');
      const group = sha256([
        ...['outlay audit group 1', tenant.tenantId, row.recorded_at],
        ...row.entry_ids.map((id: string, index: number) => `${id} ${hashOf(index)}`),
      ]);
      const hash = sha256([
        ...['outlay audit seal 1', tenant.tenantId, row.sequence, previous, row.recorded_at, group],
        ...[row.sealed_at, row.key_id],
      ]);
      await trail.superuser.query(
        `update ledger.audit_seals set entry_hashes = $3, group_hash = decode($4, 'hex'), previous_hash = decode($5, 'hex'),
           hash = decode($6, 'hex') where tenant_id = $1 and sequence = $2`,
        [tenant.tenantId, row.sequence, row.entry_hashes, group, previous, hash],
      );
      previous = hash;
    }
    await trail.superuser.query(
      `update ledger.audit_chains as chain set hash = seal.hash from ledger.audit_seals as seal
       where chain.tenant_id = $1 and seal.tenant_id = $1 and seal.sequence = chain.sequence`,
      [tenant.tenantId],
    );
  }
  const sha256 = (lines: readonly string[]) =>
    createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');

  it.each([
    ['to its end', 20, 16],
    ['up to a seal that is left as it was', 11, 11],
  ])('%s is found out, to within sixteen seals', async (_, upTo, last) => {
    const tenant = await tenantWithSeals();

    await rewrite(tenant, upTo);

    const named = (await trail.verify(tenant)).faults.map(({ kind, sequence }) => `${kind} ${sequence}`);
    expect(named).toEqual(each('audit_rewritten', 1, last));
  });
});

describe('a superuser who cuts the trail’s chain off with its entries and makes the ledger forget it', () => {
  it('is found out by a head that was kept', async () => {
    const tenant = trail.aTenant();
    for (let count = 0; count < 3; count++) {
      await trail.write(tenant, 2);
      await trail.sealAll(tenant);
    }
    const { auditHead: keptAudit } = await trail.verify(tenant);
    expect((await trail.verify(tenant, { keptAudit })).faults).toEqual([]);

    await trail.tamper(
      tenant,
      `delete from ledger.audit_entries where tenant_id = $1
       and id = any ((select entry_ids from ledger.audit_seals where tenant_id = $1 and sequence = 3)::uuid[])`,
      'delete from ledger.audit_seals where tenant_id = $1 and sequence = 3',
      `update ledger.audit_chains as chain set sequence = 2, hash = seal.hash from ledger.audit_seals as seal
       where chain.tenant_id = $1 and seal.tenant_id = $1 and seal.sequence = 2`,
    );

    expect(await trail.verify(tenant)).toMatchObject(isValid(4));
    expect(await found(tenant, undefined, { keptAudit })).toEqual(['audit_seal_missing 3']);
    await trail.write(tenant, 1);
    await trail.sealAll(tenant);
    expect(await found(tenant, undefined, { keptAudit })).toEqual(['audit_head_mismatch 3']);
  });
});

describe('the service', () => {
  it('can change nothing of the seals', async () => {
    for (const statement of [
      'update audit_seals set sequence = 2',
      'delete from audit_seals',
      'truncate audit_seals',
      'delete from audit_chains',
      'update audit_unsealed set entry_ids = null',
    ]) {
      const tried = trail.database.withTenant(trail.aTenant(), (session) => session.query(statement));
      await expect(tried).rejects.toMatchObject({ code: '42501' });
    }
  });
});
