import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { type Forged, named, tenantWithAll } from './driver/forged-subjects.ts';
import type { Forgery } from './driver/forgery.ts';
import { noHeads, verify } from './driver/seals.ts';
import type { TestLedger } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let forgery: Forgery;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, forgery, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

/** What the seals of the audit trail have found, and what else was. */
const byChain = ({ faults }: contract.VerifyJournalResponse) => ({
  ofTrail: faults.filter(({ kind }) => kind.startsWith('audit_')),
  others: faults.filter(({ kind }) => !kind.startsWith('audit_')),
});

describe('a superuser who takes something away or puts it in', () => {
  it.each(['above', 'category', 'account', 'project', 'rate', 'mapping'] as const)(
    'is found out (%s)',
    async (pick) => {
      const [{ tenant, places }, other] = [await tenantWithAll(ledger), await tenantWithAll(ledger)];
      const place = places[pick];
      const rows = await forgery.read(place);
      const { references } = await verify(ledger, tenant);
      expect(references).toBe(6n);

      await forgery.remove(place);
      expect(await verify(ledger, tenant)).toMatchObject({
        ...{ faults: [{ kind: 'reference_missing', ...named(place) }], references: 5n },
      });
      await forgery.insert(place.table, rows);
      expect((await verify(ledger, tenant)).faults).toEqual([]);

      const invented = { ...place, id: newId() };
      const otherwise = place.entity === 'exchange_rate' ? { rate_date: '2025-02-01' } : { name: 'Invented' };
      await forgery.insert(
        place.table,
        rows.map((row) => ({ ...row, id: invented.id, ...otherwise })),
      );
      expect((await verify(ledger, tenant)).faults).toMatchObject([
        { kind: 'reference_unaudited', ...named(invented) },
      ]);
      expect((await verify(ledger, other.tenant)).faults).toEqual([]);
    },
  );

  it('is found out, where it is what the ledger knows of the tenant', async () => {
    const [{ tenant }, opened, empty] = [await tenantWithAll(ledger), await ledger.tenant(), await ledger.tenant()];
    await ledger.client.createAccount(opened.owner, {
      ...{ name: 'Bank', kind: 'bank', currency: 'EUR' },
      openingBalance: { amount: { currency: 'EUR', amountMinor: 700n }, date: '2025-01-01' },
    });
    await ledger.client.createProject(empty.owner, { name: 'Office', code: '', description: '' });

    for (const { tenantId } of [tenant, opened, empty]) {
      await forgery.run('delete from ledger.tenants where tenant_id = $1', [tenantId]);
    }

    for (const { tenantId, owner } of [tenant, opened]) {
      const faults = (await verify(ledger, { tenantId, owner } as typeof tenant)).faults;
      expect(faults).toMatchObject([{ kind: 'reference_missing', entity: 'tenant', entityId: tenantId }]);
    }
    expect((await verify(ledger, empty)).faults).toEqual([]);
  });

  it('is found out, where it was deleted and is there again', async () => {
    const { tenant } = await tenantWithAll(ledger);
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Passing', code: '', description: '' });
    const place: Forged = { table: 'projects', entity: 'project', tenantId: tenant.tenantId, id: project!.id };
    const rows = await forgery.read(place);
    await ledger.client.deleteProject(tenant.owner, { projectId: project!.id });
    expect((await verify(ledger, tenant)).faults).toEqual([]);

    await forgery.insert('projects', rows);

    expect((await verify(ledger, tenant)).faults).toMatchObject([
      { kind: 'reference_unaudited', ...named(place), detail: expect.stringContaining('was deleted') },
    ]);
  });

  it('is found out, where it is what the audit trail says of the last change, or all it says', async () => {
    const { tenant, places } = await tenantWithAll(ledger);
    const audited = [places.recorded, places.edited, places.category, places.project, places.rate];

    for (const place of audited) {
      const kind = place.entity === 'expense' ? 'expense_unaudited' : 'reference_unaudited';
      const trail = { ...place, table: 'audit_entries' };
      const rows = await forgery.read(trail);
      for (const which of [`after ->> 'version' = '${rows.length}'`, 'true']) {
        await forgery.remove(trail, which);
        const { ofTrail, others } = byChain(await verify(ledger, tenant));
        expect(others).toMatchObject([{ kind, ...named(place) }]);
        expect(new Set(ofTrail.map((fault) => fault.kind))).toEqual(new Set(['audit_missing']));
        await forgery.restore(trail, rows);
      }
    }
    expect((await verify(ledger, tenant)).faults).toEqual([]);
  });

  it.each(['null', "'null'", '\'"nonsense"\'', "'[]'", "'{}'", `'{"version":"no","tags":7,"createdAt":7}'`])(
    'is found out, and stops no verification, where it is what audit entries say (%s)',
    async (state) => {
      const { tenant, places } = await tenantWithAll(ledger);
      const forged = [places.recorded, places.edited, places.category, places.account, places.project, places.rate];
      const trail = (place: Forged) => ({ ...place, table: 'audit_entries' });

      for (const place of forged) await forgery.set(trail(place), `before = ${state}, after = ${state}`);
      await forgery.set(trail(places.above), "entity_id = 'nobody'");

      const { ofTrail, others } = byChain(await verify(ledger, tenant));
      for (const place of [...forged, places.above])
        expect(others).toContainEqual(expect.objectContaining(named(place)));
      expect(others).toHaveLength(forged.length + 1);
      expect(new Set(ofTrail.map((fault) => fault.kind))).toEqual(new Set(['audit_changed']));
    },
  );

  it('is named for each of many, by answers that stay short', async () => {
    const tenant = await ledger.tenant();
    const ids: string[] = [];
    for (let made = 0; made < 240; made++) {
      const { category } = await ledger.client.createCategory(tenant.owner, { name: `Category ${made}` });
      ids.push(category!.id);
    }
    const half = ids.slice(0, 120);
    await forgery.run('delete from ledger.categories where tenant_id = $1 and id = any ($2)', [tenant.tenantId, half]);
    await forgery.run("update ledger.categories set description = 'Forged' where tenant_id = $1", [tenant.tenantId]);

    const found: string[] = [];
    for (let cursor: string | undefined; cursor !== ''; ) {
      const answer = await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: cursor ?? '' });
      expect(answer.faults.length).toBeLessThan(200);
      for (const { entityId } of answer.faults) found.push(entityId);
      if (answer.nextCursor === '') expect(answer.references).toBe(120n);
      cursor = answer.nextCursor;
    }

    expect(found.toSorted()).toEqual(ids.toSorted());
  });
});
