import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Forgery } from './driver/forgery.ts';
import { verifyOffline } from './driver/offline.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let forgery: Forgery;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, forgery, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

async function tenantWithSeals(count: number): Promise<TestTenant> {
  const tenant = await ledger.tenant();
  for (let made = 0; made < count; made++) await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
  await sealed(ledger, tenant);
  return tenant;
}

const kindsOf = (faults: readonly { kind: string; sequence: unknown }[]) =>
  faults.map(({ kind, sequence }) => `${kind} ${sequence}`);

describe('a chain without a seal', () => {
  it('is as the ledger left it where nothing was booked', async () => {
    const tenant = await ledger.tenant();

    const { head, rememberedHead } = await ledger.client.listJournal(tenant.owner, { page: undefined });

    expect({ head, rememberedHead }).toMatchObject({
      head: { sequence: 0n, hash: '' },
      rememberedHead: { sequence: 0n, hash: '00'.repeat(32) },
    });
    expect(await verifyOffline(ledger, tenant)).toEqual({ status: 'valid', faults: [] });
  });

  it('is found out, with the script as well, where everything was taken away but what the ledger remembers', async () => {
    const tenant = await tenantWithSeals(3);
    const { head } = await verify(ledger, tenant);
    for (const table of ['expenses', 'postings', 'journal_entries', 'journal_seals']) {
      await forgery.run(`delete from ledger.${table} where tenant_id = $1`, [tenant.tenantId]);
    }

    const listed = await ledger.client.listJournal(tenant.owner, { page: undefined });
    const remembered = { sequence: 3n, hash: head!.hash, sealedAt: undefined };
    expect(listed).toMatchObject({ items: [], head: remembered, rememberedHead: remembered });
    expect(kindsOf((await verify(ledger, tenant)).faults)).toEqual(['seal_missing 1']);
    expect(kindsOf((await verifyOffline(ledger, tenant)).faults)).toEqual(['seal_missing 1']);
  });
});

describe('what the ledger remembers as the end of the chain', () => {
  it.each([
    ['deleted', 'delete from ledger.journal_chains where tenant_id = $1'],
    [
      'set back to an earlier seal',
      `update ledger.journal_chains as chain set sequence = seal.sequence, hash = seal.hash from ledger.journal_seals as seal
       where chain.tenant_id = $1 and seal.tenant_id = $1 and seal.sequence = 2`,
    ],
    ['given another hash', "update ledger.journal_chains set hash = sha256('') where tenant_id = $1"],
    ['given no hash at all', "update ledger.journal_chains set hash = '' where tenant_id = $1"],
    ['set before the first seal', 'update ledger.journal_chains set sequence = -1 where tenant_id = $1'],
  ])('is found out, with the script as well, where it was %s', async (_, statement) => {
    const [tenant, untouched] = [await tenantWithSeals(3), await tenantWithSeals(3)];

    await forgery.run(statement, [tenant.tenantId]);

    expect(kindsOf((await verify(ledger, tenant)).faults)).toEqual(['head_mismatch 3']);
    expect(kindsOf((await verifyOffline(ledger, tenant)).faults)).toEqual(['head_mismatch 3']);
    expect((await verify(ledger, untouched)).faults).toEqual([]);
    expect(await verifyOffline(ledger, untouched)).toEqual({ status: 'valid', faults: [] });
  });

  it('is found out, with the script as well, where it was set farther than any seal', async () => {
    const tenant = await tenantWithSeals(3);

    await forgery.run('update ledger.journal_chains set sequence = 5 where tenant_id = $1', [tenant.tenantId]);

    expect(kindsOf((await verify(ledger, tenant)).faults)).toEqual(['seal_missing 4']);
    expect(kindsOf((await verifyOffline(ledger, tenant)).faults)).toEqual(['seal_missing 4']);
  });

  it('is one fault with that of the seal where the last one was changed', async () => {
    const tenant = await tenantWithSeals(3);

    await forgery.run("update ledger.journal_seals set hash = sha256('') where tenant_id = $1 and sequence = 3", [
      tenant.tenantId,
    ]);

    const online = kindsOf((await verify(ledger, tenant)).faults);
    expect(kindsOf((await verifyOffline(ledger, tenant)).faults)).toEqual(online);
    expect(online).toContain('seal_changed 3');
    expect(online).not.toContain('head_mismatch 3');
  });
});
