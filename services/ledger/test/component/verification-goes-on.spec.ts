import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type pg from 'pg';
import { verifyOffline } from './driver/offline.ts';
import { tamperWith } from './driver/past-triggers.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

async function tenantWithSeals(): Promise<TestTenant> {
  const tenant = await ledger.tenant();
  for (let count = 0; count < 3; count++) await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
  await sealed(ledger, tenant);
  return tenant;
}

/** Runs statements past every trigger; $1 is the tenant. */
const tamper = ({ tenantId }: TestTenant, ...statements: string[]): Promise<void> =>
  tamperWith(superuser, tenantId, statements);

/** More than one answer names. */
const manyStrangers = `insert into ledger.audit_entries
    (tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id)
  select $1, gen_random_uuid(), now(), 'user', 'somebody', '', 'changed', 'project', ''
  from generate_series(1, 130)`;

const kindsOf = ({ faults }: contract.VerifyJournalResponse): string[] => [...new Set(faults.map(({ kind }) => kind))];

describe.each([
  ['journal', '', 'entry_recorded_at, entry_hash', 'gen_random_uuid()', 'entry_id'],
  ['audit', 'audit_', 'recorded_at, entry_count, entry_hashes, group_hash', 'entry_ids', 'entry_ids'],
])('a superuser cannot end the verification of the %s', (chain, prefix, columns, ids, idColumn) => {
  const newest = `tenant_id = $1 and sequence = (select max(sequence) from ledger.${chain}_seals where tenant_id = $1)`;

  it.each(['infinity', '-infinity', '12026-01-01', '2026-01-01 BC'])(
    'by having sealed the newest seal at %s',
    async (instant) => {
      const tenant = await tenantWithSeals();

      await tamper(tenant, `update ledger.${chain}_seals set sealed_at = '${instant}' where ${newest}`, manyStrangers);

      const found = await verify(ledger, tenant);
      expect(kindsOf(found)).toEqual(expect.arrayContaining([`${prefix}seal_changed`, 'audit_inserted']));
      expect(found.faults.filter(({ kind }) => kind === 'audit_inserted')).toHaveLength(130);
      expect(found).toMatchObject({
        [chain === 'audit' ? 'auditHead' : 'head']: { sequence: 3n, sealedAt: undefined },
      });
    },
  );

  it('by a seal as far away as can be', async () => {
    const tenant = await tenantWithSeals();

    await tamper(
      tenant,
      `insert into ledger.${chain}_seals
         (tenant_id, sequence, ${columns}, ${idColumn}, previous_hash, hash, sealed_at, key_id, signature)
       select tenant_id, ${2n ** 63n - 1n}, ${columns}, ${ids}, previous_hash, hash, sealed_at, key_id, signature
       from ledger.${chain}_seals where tenant_id = $1 and sequence = 1`,
      manyStrangers,
    );

    const found = await verify(ledger, tenant);
    expect(kindsOf(found)).toEqual(
      expect.arrayContaining([`${prefix}seal_missing`, `${prefix}seal_changed`, 'audit_inserted']),
    );
  });

  it.each(['hash', 'previous_hash', chain === 'audit' ? 'group_hash' : 'entry_hash', idColumn])(
    'by taking %s off a seal',
    async (column) => {
      const tenant = await tenantWithSeals();

      await tamper(
        tenant,
        `alter table ledger.${chain}_seals alter column ${column} drop not null`,
        `update ledger.${chain}_seals set ${column} = null where ${newest}`,
        manyStrangers,
      );

      const found = await verify(ledger, tenant);
      expect(found.faults).toEqual(
        expect.arrayContaining([expect.objectContaining({ kind: `${prefix}seal_changed`, sequence: 3n })]),
      );
    },
  );
});

it('an entry that a superuser puts in with a seal before the first is named, and so is the seal', async () => {
  const tenant = await tenantWithSeals();
  const id = newId();
  const copied = (table: string, where: string, changed: string) =>
    `insert into ledger.${table}
     select (jsonb_populate_record(null::ledger.${table}, to_jsonb(original) || ${changed})).*
     from ledger.${table} as original where tenant_id = $1 and ${where}`;
  const ofFirst = '(select entry_id from ledger.journal_seals where tenant_id = $1 and sequence = 1)';

  await tamper(
    tenant,
    'alter table ledger.journal_seals drop constraint if exists journal_seals_sequence_check',
    copied('journal_entries', `id = ${ofFirst}`, `'{"id": "${id}"}'`),
    copied('postings', `entry_id = ${ofFirst}`, `'{"entry_id": "${id}"}'`),
    copied('journal_seals', 'sequence = 1', `'{"sequence": -1, "entry_id": "${id}"}'`),
  );

  const { faults } = await verify(ledger, tenant);
  const named = faults.map(({ kind, entryId, sequence }) => `${kind} ${entryId} ${sequence}`);
  expect(named).toEqual(expect.arrayContaining(['seal_changed  0', `inserted ${id} 0`]));
  expect((await verifyOffline(ledger, tenant)).faults).toEqual([
    expect.objectContaining({ kind: 'inserted', entry_id: id }),
  ]);
});

it('what a superuser moves to the same day before Christ, with its seals, is named', async () => {
  const tenant = await tenantWithSeals();
  const moved = (table: string, column: string, where: string) =>
    `update ledger.${table}
     set ${column} = (to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00 BC')::timestamptz
     where tenant_id = $1 and ${where}`;
  const ofSecond = '(select entry_id from ledger.journal_seals where tenant_id = $1 and sequence = 2)';

  await tamper(
    tenant,
    ...['journal_entries', 'postings', 'audit_entries'].map(
      (table) =>
        `create table ledger.${table}_bc partition of ledger.${table} for values from (minvalue) to ('1900-01-01');
         grant select on ledger.${table}_bc to public`,
    ),
    moved('journal_entries', 'recorded_at', `id = ${ofSecond}`),
    moved('postings', 'recorded_at', `entry_id = ${ofSecond}`),
    moved('journal_seals', 'entry_recorded_at', 'sequence = 2'),
    moved('expenses', 'entry_recorded_at', `entry_id = ${ofSecond}`),
    moved(
      'audit_entries',
      'recorded_at',
      'id in (select unnest(entry_ids) from ledger.audit_seals where tenant_id = $1 and sequence = 2)',
    ),
    moved('audit_seals', 'recorded_at', 'sequence = 2'),
  );

  const { faults } = await verify(ledger, tenant);
  expect(faults).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'seal_changed', sequence: 2n }),
      expect.objectContaining({ kind: 'audit_seal_changed', sequence: 2n }),
    ]),
  );
  expect((await verifyOffline(ledger, tenant)).status).toBe('broken');
});
