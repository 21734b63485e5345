import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Session, TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import type { PricedRow } from '../../src/imports/decide-batch.ts';
import type { ImportState } from '../../src/imports/import-state.ts';
import { resolveNames } from '../../src/imports/resolve-names.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
});
afterAll(() => driver.stop());

interface Account {
  name: string;
  kind: string;
  currency: string;
}

const card: Account = { name: 'Card', kind: 'card', currency: 'GBP' };
const cash: Account = { name: 'Cash', kind: 'cash', currency: 'GBP' };

/** An import of one of our exports that nobody works on; what it calls accounts, and categories by their paths, when it books. */
async function anExport(tenant: TenantContext) {
  const { id } = await driver.send(tenant, `Date,Amount,Merchant\n2024-01-15,1.00,${Math.random()}\n`);
  const state = { id, format: { kind: 'outlay', headers: [] as string[] } } as unknown as ImportState;
  const named = async (session: Session, purchases: { account?: Account; categoryPath?: string[] }[]) => {
    const rows = purchases.map(({ account, categoryPath = [] }, line) => ({
      ...{ line, purchase: { account, categoryPath, category: categoryPath.at(-1) ?? '' } },
    })) as unknown as PricedRow[];
    return (await resolveNames(session, tenant, state, rows)).map(({ purchase }) => purchase);
  };
  return {
    accounts: async (session: Session, ...accounts: Account[]) =>
      (
        await named(
          session,
          accounts.map((account) => ({ account })),
        )
      ).map(({ account }) => account?.name),
    categories: async (session: Session, ...paths: string[][]) =>
      (
        await named(
          session,
          paths.map((categoryPath) => ({ categoryPath })),
        )
      ).map(({ categoryPath }) => categoryPath),
  };
}

const make = (session: Session, { name, kind, currency }: Account) =>
  session.query(
    'insert into accounts (tenant_id, id, name, kind, currency) values ($1, gen_random_uuid(), $2, $3, $4)',
    [...[session.tenantId, name, kind, currency]],
  );

async function locks(isGranted: boolean): Promise<number> {
  const { rows } = await driver.admin.query<{ count: number }>(
    `select count(*)::int as count from pg_locks
     where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
       and granted = $1`,
    [isGranted],
  );
  return rows[0]!.count;
}

describe('batches that decide at the same moment what exports name', () => {
  it('do not wait for each other where they name different things', async () => {
    const tenant = await driver.tenant();
    const [one, other] = [await anExport(tenant), await anExport(tenant)];

    const named = await driver.database.withTenant(tenant, async (first) => [
      await one.accounts(first, card),
      await driver.database.withTenant(tenant, (second) => one.accounts(second, cash)),
      await driver.database.withTenant(tenant, (second) => other.categories(second, ['Card', 'Fees'])),
    ]);

    expect(named).toEqual([['Card'], ['Cash'], [['Card', 'Fees']]]);
  });

  it.each([
    ['of the same name', { ...card, kind: 'bank' }, 'Card (GBP)'],
    ['that may come to be called the same', { ...card, name: 'Card (card)', kind: 'bank' }, 'Card (card)'],
  ])('wait for what another makes %s', async (_, account, name) => {
    const tenant = await driver.tenant();
    const [one, other] = [await anExport(tenant), await anExport(tenant)];

    const later = await driver.database.withTenant(tenant, async (first) => {
      await one.accounts(first, card);
      const waiting = driver.database.withTenant(tenant, (second) => other.accounts(second, account));
      waiting.catch(() => undefined);
      await eventually(async () => expect(await locks(false)).toBe(1));
      await make(first, card);
      return { waiting };
    });

    expect(await later.waiting).toEqual([name]);
  });

  it('decide the same of what both name', async () => {
    const tenant = await driver.tenant();
    const one = await anExport(tenant);
    await driver.database.withTenant(tenant, (session) => make(session, { ...card, kind: 'bank' }));

    const named = await Promise.all(
      Array.from({ length: 4 }, (_, batch) =>
        driver.database.withTenant(tenant, (session) =>
          one.accounts(session, { ...cash, name: `Cash ${batch}` }, card),
        ),
      ),
    );

    expect(named.map(([, name]) => name)).toEqual(Array(4).fill('Card (GBP)'));
  });

  it('take one lock for all where there are many', async () => {
    const tenant = await driver.tenant();
    const [one, other] = [await anExport(tenant), await anExport(tenant)];
    const many = Array.from({ length: 400 }, (_, number) => ({ ...cash, name: `Cash ${number}` }));

    const later = await driver.database.withTenant(tenant, async (first) => {
      expect(await one.accounts(first, ...many)).toHaveLength(400);
      expect(await locks(true)).toBe(1);
      const waiting = driver.database.withTenant(tenant, (second) => other.accounts(second, card));
      waiting.catch(() => undefined);
      await eventually(async () => expect(await locks(false)).toBe(1));
      return { waiting };
    });

    expect(await later.waiting).toEqual(['Card']);
  });
});
