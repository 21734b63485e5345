import { newId, type TenantContext } from '@outlay/platform';
import { groupHashOf, presentHashes } from '../../../src/seals/audit-hash.ts';
import { type AuditSeals, startAuditSeals } from './audit-seals.ts';

export type TamperedTrail = Awaited<ReturnType<typeof startTamperedTrail>>;

/** How many entries each tenant of a trail that is tampered with has. */
export const entryCount = 40;

/** An audit trail whose tenants have seals over all that they have, to be tampered with in group 5. */
export async function startTamperedTrail() {
  const trail = await startAuditSeals();

  return {
    ...trail,
    /** Twenty groups of one, three and two entries in turn, sealed at once: the seals 16 and 20 are signed. */
    async tenantWithSeals(): Promise<TenantContext> {
      const tenant = trail.aTenant();
      for (let count = 0; count < 20; count++) await trail.write(tenant, [1, 3, 2][count % 3]!);
      await trail.sealAll(tenant);
      return tenant;
    },
    /** The entry in the middle of group 5. */
    async targetOf({ tenantId }: TenantContext): Promise<string> {
      const { rows } = await trail.superuser.query<{ id: string }>(`select ${target} as id`, [tenantId]);
      return rows[0]!.id;
    },
    /** What is found of a tenant: kinds with the seal and the entry that are named, which is `it` where it is the one in question. */
    async found(tenant: TenantContext, it: string | undefined, given: Parameters<AuditSeals['verify']>[1] = {}) {
      const { faults } = await trail.verify(tenant, given);
      return faults
        .map(
          ({ kind, sequence, auditEntryId = '' }) => `${kind} ${sequence} ${auditEntryId === it ? 'it' : auditEntryId}`,
        )
        .map((text) => text.trim());
    },
  };
}

/** The entry in the middle of group 5, as SQL that finds it; $1 is the tenant here and below. */
export const target = '(select entry_ids[2] from ledger.audit_seals where tenant_id = $1 and sequence = 5)';
export const theEntry = `tenant_id = $1 and id = ${target}`;
export const theGroup = 'tenant_id = $1 and sequence = 5';
export const bytes = (count: number) => `decode(repeat('ab', ${count}), 'hex')`;
const move = (from: number, to: number) =>
  `update ledger.audit_seals set sequence = ${to} where tenant_id = $1 and sequence = ${from}`;
const exchange = (one: number, other: number) => [move(one, 99), move(other, one), move(99, other)];

/** Inserts an entry, which queues it unless triggers are passed by. */
export const insertOne = (id = 'gen_random_uuid()', recordedAt = 'now()') =>
  `insert into ledger.audit_entries
     (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id)
   values ($1, ${id}, ${recordedAt}, 'user', 'somebody', '', 'changed', 'project', '')`;

const strangerId = newId();
/** What a superuser can do to the audit trail of a tenant, past every trigger. */
interface Deed {
  name: string;
  statements: string[];
  /** What names it; `it` is the entry in the middle of group 5. */
  named: string[];
}

const uncheckSeals = `
  do $$
  declare constraint_name name;
  begin
    for constraint_name in
      select conname from pg_constraint where conrelid = 'ledger.audit_seals'::regclass and contype = 'c'
    loop
      execute format('alter table ledger.audit_seals drop constraint %I', constraint_name);
    end loop;
  end
  $$`;

/** Each leaves what the hashes are of as it was. */
const besideHashes = [
  "entry_hashes = entry_hashes || '\\x00'",
  "entry_ids = ('[2:4]=' || entry_ids::text)::uuid[]",
  'entry_ids = array[entry_ids]',
  "key_id = '', signature = ''",
  "key_id = ''",
  "signature = ''",
  `signature = ${bytes(64)}`,
];

export const auditDeeds: Deed[] = [
  ...besideHashes.map((set) => ({
    name: `sets ${set} in a group`,
    statements: [uncheckSeals, `update ledger.audit_seals set ${set} where ${theGroup}`],
    named: ['audit_seal_changed 5'],
  })),
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
