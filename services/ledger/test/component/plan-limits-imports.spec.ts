import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { entitlementsOf, type Limits } from './driver/start-ledger.ts';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
const tenants: TenantContext[] = [];
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());
afterEach(async () => {
  for (const { tenantId } of tenants.splice(0)) {
    expect((await driver.admin.query('select * from ledger.usage_faults($1)', [tenantId])).rows).toEqual([]);
  }
});

describe('an import', () => {
  it('counts the projects and the expenses it makes, and its undoing gives the expenses back', async () => {
    const tenant = await tenantOn({
      projects: { limit: 4, mode: 'hard' },
      expenses_per_project: { limit: 4, mode: 'soft' },
      expenses_total: { limit: 20, mode: 'hard' },
    });

    const { id } = await driver.take(tenant, purchases(20, 4));
    expect(await used(tenant)).toEqual({ expenses_per_project: 20, expenses_total: 20, projects: 4 });
    const more = await driver.send(tenant, purchases(21, 4));
    expect(await driver.finished(tenant, more.id, 'failed')).toMatchObject({
      failureCode: 'plan_limit_reached',
      imported: 0,
    });
    await driver.undo(tenant, id);

    expect(await used(tenant)).toMatchObject({ expenses_per_project: 0, expenses_total: 0 });
  });

  it('that there is no place for beside another is refused whole', async () => {
    const tenant = await tenantOn({ expenses_total: { limit: 1_100, mode: 'hard' } });

    const [one, two] = await Promise.all([
      driver.send(tenant, purchases(1_000, 1)),
      driver.send(tenant, purchases(1_000, 1).replaceAll('Shop', 'Store')),
    ]);
    const outcomes = [await outcomeOf(tenant, one.id), await outcomeOf(tenant, two.id)];

    expect(outcomes.map(({ failureCode }) => failureCode).toSorted()).toEqual(['', 'plan_limit_reached']);
    expect(outcomes.map(({ imported }) => imported).toSorted()).toEqual([0, 1_000]);
    expect(await used(tenant)).toMatchObject({ expenses_total: 1_000 });
  });
});

describe('an import beyond soft limits', () => {
  const ofProject = (project: string, used: number, wanted: number) => ({
    ...{ metric: 'expenses_per_project', project, limit: 10n, used: BigInt(used), wanted: BigInt(wanted) },
  });

  it('says which it would exceed, is booked all the same, and says which it has exceeded', async () => {
    const tenant = await tenantOn({
      ...{ expenses_per_project: { limit: 10, mode: 'soft' }, expenses_total: { limit: 1_000, mode: 'hard' } },
    });
    const untouched = await tenantOn({ expenses_per_project: { limit: 40, mode: 'soft' } });
    await driver.take(tenant, purchases(16, 2));
    const file = purchases(20, 4).replaceAll('Shop', 'Store').replaceAll('P3', '');

    const seen = await driver.preview(tenant, file);
    const booked = await driver.commit(tenant, seen.id);

    const exceeded = [ofProject('P0', 8, 5), ofProject('P1', 8, 5)];
    expect(seen).toMatchObject({ exceededLimits: exceeded, preview: { limits: [] } });
    expect(booked).toMatchObject({ status: 'completed', imported: 20, exceededLimits: exceeded });
    expect(await driver.take(untouched, file)).toMatchObject({ imported: 20, exceededLimits: [] });
    expect(await driver.preview(untouched, purchases(82, 2))).toMatchObject({
      exceededLimits: [
        { project: 'P0', used: 5n, wanted: 41n },
        { project: 'P1', used: 5n, wanted: 41n },
      ],
    });
  });

  it('counts what it makes of the tenant as a whole', async () => {
    const soft = { limit: 3, mode: 'soft' as const };
    const tenant = await tenantOn({ projects: soft, accounts: soft, expenses_total: soft });

    const booked = await driver.take(tenant, purchases(8, 4));
    const again = await driver.take(tenant, purchases(8, 4));

    expect(booked.exceededLimits).toEqual([
      { metric: 'expenses_total', project: '', limit: 3n, used: 0n, wanted: 8n },
      { metric: 'projects', project: '', limit: 3n, used: 0n, wanted: 4n },
    ]);
    expect(again).toMatchObject({ duplicates: 8, exceededLimits: [] });
  });
});

describe('an import whose names the plan has no place for', () => {
  const limits: Limits = { projects: { limit: 3, mode: 'hard' }, accounts: { limit: 3, mode: 'hard' } };

  it('names the columns, and is booked with the mapping that it is told', async () => {
    const tenant = await tenantOn(limits);
    const bytes = await fixture('purchase-cards/purchase-card-transactions-201709.csv');

    const { id } = await driver.send(tenant, bytes);
    const { failureMessage } = await driver.finished(tenant, id, 'failed');
    expect(failureMessage).toContain('Leave the columns "CARD NUMBER" and "TRANS CAC DESC 2" out by the mapping {');
    const { columns } = JSON.parse(/mapping (\{.*\}), or/.exec(failureMessage)![1]!);
    const said = Object.fromEntries(Object.entries(columns).map(([header, field]) => [header, field ?? '']));
    const booked = await driver.take(tenant, bytes, { mapping: { columns: said as Record<string, string> } });

    expect(booked).toMatchObject({ status: 'completed', imported: booked.rowsTotal });
    expect(booked.format!.columns).toMatchObject({ 'TRANS CAC CODE 2': '', 'TRANS CAC DESC 1': 'category' });
  });

  it('keeps what was said of the file, and leaves what it was taken to say unsaid', async () => {
    const tenant = await tenantOn({ expenses_per_project: { limit: 3, mode: 'hard' } });
    const { defaults } = { defaults: { project: 'P', account: 'Card', category: '', currency: '' } };

    const { id } = await driver.send(tenant, purchases(20, 1).replace('project', 'p'), {
      mapping: { columns: { p: 'description' }, defaults },
    });

    const { failureMessage } = await driver.finished(tenant, id, 'failed');
    expect(failureMessage).toContain(
      'by the mapping {"columns":{"p":"description"},"defaults":{"account":"Card"}}, or',
    );
  });
});

/** A file of so many purchases for so many projects in turn. */
function purchases(rows: number, projects: number): string {
  const lines = Array.from({ length: rows }, (_, row) => `2025-01-10;Shop ${row};1.00;P${row % projects}`);
  return ['date;merchant;amount;project', ...lines].join('\n');
}

async function tenantOn(limits: Limits): Promise<TenantContext> {
  const tenant = await driver.tenant();
  await driver.admin.query('update ledger.tenants set entitlements = $2 where tenant_id = $1', [
    tenant.tenantId,
    JSON.stringify(entitlementsOf(limits)),
  ]);
  tenants.push(tenant);
  return tenant;
}

/** However it ends. */
const outcomeOf = (tenant: TenantContext, importId: string) =>
  eventually(
    async () => {
      const answer = await driver.imports.handlers.getImport(tenant, { importId });
      if (answer.import?.finishedAt === undefined) throw new Error('The import is still under way');
      return answer.import;
    },
    { timeoutMs: 30_000 },
  );

async function used({ tenantId }: TenantContext): Promise<Record<string, number>> {
  const { rows } = await driver.admin.query<{ metric: string; used: string }>(
    'select metric, sum(used) as used from ledger.usage_counters where tenant_id = $1 group by metric order by metric',
    [tenantId],
  );
  return Object.fromEntries(rows.map((row) => [row.metric, Number(row.used)]));
}
