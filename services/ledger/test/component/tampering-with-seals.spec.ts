import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { verifyOffline } from './driver/offline.ts';
import { pastTriggers } from './driver/past-triggers.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';
import { recompute } from './driver/tamper.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

interface Deed {
  name: string;
  /** Kinds with the seals that they name. */
  named: string[];
  run: (tenantId: string) => Promise<unknown>;
}

const each = (kind: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${kind} ${from + index}`);

/** Changes seals of a tenant, as SQL says. */
const change = async (tenantId: string, assignment: string, sequence: number): Promise<void> => {
  await superuser.query(`update ledger.journal_seals set ${assignment} where tenant_id = $1 and sequence = $2`, [
    tenantId,
    sequence,
  ]);
};

async function exchange(tenantId: string, one: number, other: number): Promise<void> {
  await change(tenantId, 'sequence = 99', one);
  await change(tenantId, `sequence = ${one}`, other);
  await change(tenantId, `sequence = ${other}`, 99);
}

/** What somebody without the key can do to an entry: the chain fits together again from there until some seal. */
async function rewrite(tenantId: string, from: number, upTo: number): Promise<void> {
  await superuser.query('create temporary table former as select * from ledger.journal_seals where tenant_id = $1', [
    tenantId,
  ]);
  await superuser.query(
    `update ledger.journal_entries set amount_minor = 1 where tenant_id = $1
     and id = (select entry_id from former where sequence = $2)`,
    [tenantId, from],
  );
  await recompute(superuser, { tenantId, entryId: '', recordedAt: '' }, from);
  await superuser.query(
    `update ledger.journal_seals as seal set previous_hash = former.previous_hash, hash = former.hash
     from former where seal.tenant_id = $1 and seal.sequence = former.sequence and seal.sequence > $2`,
    [tenantId, upTo],
  );
  await superuser.query('drop table former');
  await superuser.query(
    `update ledger.journal_chains as chain set hash = last.hash from ledger.journal_seals as last
     where chain.tenant_id = $1 and last.tenant_id = $1 and last.sequence = chain.sequence`,
    [tenantId],
  );
}

const bytes = "decode(repeat('ab', 32), 'hex')";
const beyondRepair = `entry_hash = ${bytes}, previous_hash = ${bytes}, sealed_at = sealed_at - interval '1 day', entry_id = gen_random_uuid()`;

const deeds: Deed[] = [
  {
    ...{ name: 'exchanges two seals', named: ['reordered 12', 'reordered 13'] },
    run: (tenantId) => exchange(tenantId, 12, 13),
  },
  {
    ...{ name: 'exchanges a signed seal with the next one', named: ['reordered 16', 'reordered 17'] },
    run: (tenantId) => exchange(tenantId, 16, 17),
  },
  {
    ...{ name: 'exchanges seals of two groups', named: ['reordered 3', 'reordered 38'] },
    run: (tenantId) => exchange(tenantId, 3, 38),
  },
  {
    ...{ name: 'exchanges the newest seal with the one before it', named: ['reordered 39', 'reordered 40'] },
    run: (tenantId) => exchange(tenantId, 39, 40),
  },
  {
    ...{ name: 'changes what a seal follows', named: ['seal_changed 28'] },
    run: (tenantId) => change(tenantId, `previous_hash = ${bytes}`, 28),
  },
  {
    ...{ name: 'changes what a signed seal follows', named: ['seal_changed 32'] },
    run: (tenantId) => change(tenantId, `previous_hash = ${bytes}`, 32),
  },
  {
    ...{ name: 'changes what the newest seal follows', named: ['seal_changed 40'] },
    run: (tenantId) => change(tenantId, `previous_hash = ${bytes}`, 40),
  },
  {
    ...{ name: 'changes the hash of a seal', named: ['seal_changed 28'] },
    run: (tenantId) => change(tenantId, `hash = ${bytes}`, 28),
  },
  {
    ...{ name: 'changes the hash of the newest seal', named: ['seal_changed 40'] },
    run: (tenantId) => change(tenantId, `hash = ${bytes}`, 40),
  },
  {
    ...{ name: 'changes when a seal was made', named: ['seal_changed 28'] },
    run: (tenantId) => change(tenantId, "sealed_at = sealed_at - interval '1 day'", 28),
  },
  {
    ...{ name: 'changes two seals of a group', named: ['seal_changed 24', 'seal_changed 25'] },
    run: async (tenantId) => {
      await change(tenantId, `previous_hash = ${bytes}`, 25);
      await change(tenantId, `hash = ${bytes}`, 24);
    },
  },
  {
    ...{ name: 'makes the chain anew', named: each('rewritten', 1, 16) },
    run: (tenantId) => rewrite(tenantId, 5, 40),
  },
  {
    ...{ name: 'makes the chain anew up to a seal that is left as it was', named: each('rewritten', 1, 11) },
    run: (tenantId) => rewrite(tenantId, 5, 11),
  },
  {
    name: 'makes the chain anew and changes a seal behind the entry',
    named: [...each('rewritten', 1, 11), 'seal_changed 12', ...each('rewritten', 13, 16)],
    run: async (tenantId) => {
      await rewrite(tenantId, 5, 40);
      await change(tenantId, `previous_hash = ${bytes}`, 12);
    },
  },
  {
    name: 'makes the chain anew up to seals that are exchanged',
    named: [...each('rewritten', 1, 11), 'reordered 12', 'reordered 13'],
    run: async (tenantId) => {
      await rewrite(tenantId, 5, 11);
      await exchange(tenantId, 12, 13);
    },
  },
  {
    name: 'makes the chain anew up to a seal that only says that it follows',
    named: ['unproved 1', 'seal_changed 12'],
    run: async (tenantId) => {
      await rewrite(tenantId, 5, 11);
      await superuser.query(
        `update ledger.journal_seals as seal set previous_hash = last.hash from ledger.journal_seals as last
         where seal.tenant_id = $1 and seal.sequence = 12 and last.tenant_id = $1 and last.sequence = 11`,
        [tenantId],
      );
    },
  },
  {
    ...{ name: 'drops a seal', named: ['unproved 1', 'seal_missing 12', 'inserted 0'] },
    run: (tenantId) =>
      superuser.query('delete from ledger.journal_seals where tenant_id = $1 and sequence = 12', [tenantId]),
  },
  {
    name: 'changes a seal beyond repair',
    named: ['unproved 17', 'missing 28', 'seal_changed 28', 'inserted 0'],
    run: (tenantId) => change(tenantId, beyondRepair, 28),
  },
];

/** Forty entries that were booked and sealed at once: the seals 16, 32 and 40 are signed. */
async function tenantWithSeals(): Promise<TestTenant> {
  const tenant = await ledger.tenant();
  const inputs = Array.from({ length: 40 }, () => anExpense());
  await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
  await sealed(ledger, tenant);
  return tenant;
}

const bySequence = (a: string, b: string): number =>
  Number(a.split(' ')[1]) - Number(b.split(' ')[1]) || a.localeCompare(b);

describe('a superuser who, in a group of sixteen,', () => {
  it.each(deeds.map((deed) => [deed.name, deed] as const))(
    '%s is found out, and nobody else accused',
    async (_, deed) => {
      const [tenant, other] = [await tenantWithSeals(), await tenantWithSeals()];
      expect((await verify(ledger, tenant)).faults).toEqual([]);

      await pastTriggers(superuser, () => deed.run(tenant.tenantId));

      const online = (await verify(ledger, tenant)).faults.filter(({ expenseId }) => expenseId === '');
      const offline = await verifyOffline(ledger, tenant);
      const wanted = deed.named.toSorted(bySequence);
      expect(online.map(({ kind, sequence }) => `${kind} ${sequence}`).toSorted(bySequence)).toEqual(wanted);
      expect(offline.faults.map(({ kind, sequence }) => `${kind} ${sequence ?? 0}`).toSorted(bySequence)).toEqual(
        wanted,
      );
      expect(online.map(({ entryId }) => entryId).toSorted()).toEqual(
        offline.faults.map(({ entry_id }) => entry_id ?? '').toSorted(),
      );
      expect((await verify(ledger, other)).faults).toEqual([]);
      expect((await verifyOffline(ledger, other)).faults).toEqual([]);
    },
  );
});
