import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { createSilentLogger, newId, toTenantId } from '@outlay/platform';
import fc from 'fast-check';
import { withinCategories } from '../../src/store/category-descendants.ts';
import { createLedgerDatabase, type LedgerDatabase } from '../../src/store/ledger-database.ts';
import { startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
let database: LedgerDatabase;
beforeAll(async () => {
  ledger = await startLedger();
  database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
});

const make = async (tenant: TestTenant, name: string, parent?: contract.Category): Promise<contract.Category> =>
  (await ledger.client.createCategory(tenant.owner, { name, parentId: parent?.id ?? '' })).category!;

const move = async (
  tenant: TestTenant,
  { id }: { id: string },
  parent?: { id: string },
): Promise<contract.Category> => {
  const input = { name: '', parentId: parent?.id ?? '', description: '' };
  const request = { categoryId: id, input, updateMask: ['parent_id'] };
  return (await ledger.client.updateCategory(tenant.owner, request)).category!;
};

const archive = (tenant: TestTenant, { id }: { id: string }, archived = true) =>
  ledger.client.updateCategory(tenant.owner, { categoryId: id, input: undefined, updateMask: undefined, archived });

const list = async (tenant: TestTenant, wanted: Partial<contract.ListCategoriesRequest> = {}) =>
  (await ledger.client.listCategories(tenant.member, { page: { limit: 200, cursor: '' }, ...wanted })).categories;

/** Parent and path of each category, by name. */
const tree = async (tenant: TestTenant) =>
  Object.fromEntries((await list(tenant)).map(({ name, path }) => [name, path.join(' > ')]));

/** The categories given and all beneath them, by the part of the statements that looks them up. */
const within = async ({ tenantId }: TestTenant, ...tops: { id: string }[]): Promise<string[]> => {
  const { rows } = await database.withTenant({ tenantId: toTenantId(tenantId) }, (session) =>
    session.query<{ id: string }>(
      `with recursive scope as (select $1::uuid as tenant_id), ${withinCategories('$2')}
       select within_categories.id from within_categories`,
      [tenantId, tops.map(({ id }) => id)],
    ),
  );
  return rows.map(({ id }) => id);
};

const wrongParent = (code: string) => ({ kind: 'invalid', details: [{ field: 'parent_id', code }] });

/** A chain of so many categories, the topmost first. */
async function chain(tenant: TestTenant, length: number, prefix = 'Level'): Promise<contract.Category[]> {
  const made: contract.Category[] = [];
  for (let level = 1; level <= length; level++) made.push(await make(tenant, `${prefix} ${level}`, made.at(-1)));
  return made;
}

describe('a category', () => {
  it('stands beneath another one, and says where', async () => {
    const tenant = await ledger.tenant();
    const travel = await make(tenant, 'Travel');

    const flights = await make(tenant, 'Flights', travel);
    const europe = await make(tenant, 'Europe', flights);

    expect(travel).toMatchObject({ parentId: '', path: ['Travel'], depth: 1 });
    expect(europe).toMatchObject({ parentId: flights.id, path: ['Travel', 'Flights', 'Europe'], depth: 3 });
    expect(await list(tenant)).toEqual([europe, flights, travel]);
    expect(await list(tenant, { parentId: travel.id })).toEqual([flights]);
    expect(await list(tenant, { parentId: 'none' })).toEqual([travel]);
    expect(await list(tenant, { parentId: europe.id })).toEqual([]);
  });

  it('is moved with all beneath it, and brought back to the top', async () => {
    const tenant = await ledger.tenant();
    const [top, middle, leaf] = await chain(tenant, 3);
    const other = await make(tenant, 'Other');

    const moved = await move(tenant, middle!, other);

    expect(moved).toMatchObject({ parentId: other.id, path: ['Other', 'Level 2'], version: 2n });
    expect(await tree(tenant)).toMatchObject({ 'Level 1': 'Level 1', 'Level 3': 'Other > Level 2 > Level 3' });
    expect(await move(tenant, middle!)).toMatchObject({ parentId: '', path: ['Level 2'], version: 3n });
    expect(await tree(tenant)).toMatchObject({ 'Level 3': 'Level 2 > Level 3' });
    expect((await ledger.client.getCategory(tenant.owner, { categoryId: leaf!.id })).category).toMatchObject({
      version: 1n,
    });
    expect(await within(tenant, top!)).toEqual([top!.id]);
  });

  it('cannot stand beneath itself or what is beneath it', async () => {
    const tenant = await ledger.tenant();
    const [top, middle, leaf] = await chain(tenant, 3);

    for (const parent of [top, middle, leaf]) {
      await expect(move(tenant, top!, parent)).rejects.toMatchObject(wrongParent('cycle'));
    }
    expect(await tree(tenant)).toMatchObject({ 'Level 3': 'Level 1 > Level 2 > Level 3' });
  });

  it('stands on eight levels at most, with all beneath it', async () => {
    const tenant = await ledger.tenant();
    const levels = await chain(tenant, 8);
    const branch = await chain(tenant, 3, 'Branch');

    await expect(make(tenant, 'Too deep', levels[7])).rejects.toMatchObject(wrongParent('too_deep'));
    await expect(move(tenant, branch[0]!, levels[5])).rejects.toMatchObject(wrongParent('too_deep'));

    expect(await move(tenant, branch[0]!, levels[4])).toMatchObject({ depth: 6 });
    expect((await list(tenant)).map(({ depth }) => depth).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 6, 7, 7, 8, 8]);
  });

  it('stands beneath nothing that is unknown, another tenant’s or archived', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const theirs = await make(other, 'Theirs');
    const closed = await make(tenant, 'Closed');
    const open = await make(tenant, 'Open');
    await archive(tenant, closed);

    for (const [parent, code] of [
      [{ id: newId() }, 'not_found'],
      [theirs, 'not_found'],
      [closed, 'archived'],
    ] as const) {
      await expect(make(tenant, 'New', parent as contract.Category)).rejects.toMatchObject(wrongParent(code));
      await expect(move(tenant, open, parent)).rejects.toMatchObject(wrongParent(code));
    }
    expect(await tree(tenant)).toEqual({ Open: 'Open' });
    expect(await tree(other)).toEqual({ Theirs: 'Theirs' });
  });

  it('with others beneath it can neither be archived nor deleted', async () => {
    const tenant = await ledger.tenant();
    const [top, leaf] = await chain(tenant, 2);
    const refused = { kind: 'conflict', code: 'category_has_children' };

    await expect(archive(tenant, top!)).rejects.toMatchObject(refused);
    await expect(ledger.client.deleteCategory(tenant.owner, { categoryId: top!.id })).rejects.toMatchObject(refused);
    await archive(tenant, leaf!);
    await archive(tenant, top!);

    expect(await list(tenant, { archived: 'true' })).toHaveLength(2);
    // What is beneath refers to it.
    expect(await ledger.client.deleteCategory(tenant.owner, { categoryId: top!.id })).toMatchObject({ archived: true });
    const early = archive(tenant, leaf!, false);
    await expect(early).rejects.toMatchObject({ kind: 'conflict', code: 'parent_archived' });
    await archive(tenant, top!, false);
    await archive(tenant, leaf!, false);
    expect(await tree(tenant)).toEqual({ 'Level 1': 'Level 1', 'Level 2': 'Level 1 > Level 2' });
  });

  it('is made beneath another one once under an idempotency key', async () => {
    const tenant = await ledger.tenant();
    const top = await make(tenant, 'Top');
    const context = withKey(tenant.owner, 'make-1');
    const wanted = { name: 'Leaf', parentId: top.id };

    const first = await ledger.client.createCategory(context, wanted);
    const second = await ledger.client.createCategory(context, wanted);

    expect(second).toEqual({ ...first, replayed: true });
    expect(await list(tenant)).toHaveLength(2);
  });
});

describe('moves at once', () => {
  it('make no circle of two', async () => {
    const tenant = await ledger.tenant();
    for (let round = 0; round < 10; round++) {
      const [left, right] = [await make(tenant, `Left ${round}`), await make(tenant, `Right ${round}`)];

      const outcomes = await Promise.allSettled([move(tenant, left, right), move(tenant, right, left)]);

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(refused.reason).toMatchObject(wrongParent('cycle'));
    }
  });

  it('and archiving leave nothing open beneath what is closed', async () => {
    const tenant = await ledger.tenant();
    for (let round = 0; round < 10; round++) {
      const [parent, child] = [await make(tenant, `Parent ${round}`), await make(tenant, `Child ${round}`)];

      await Promise.allSettled([archive(tenant, parent), move(tenant, child, parent)]);

      const [open] = await list(tenant, { text: `Child ${round}` });
      const closed = (await list(tenant, { archived: 'true', text: `Parent ${round}` })).length > 0;
      expect([open!.parentId !== '', closed]).not.toEqual([true, true]);
    }
  });

  it('of whatever kind leave a tree of eight levels', async () => {
    const moves = fc.array(fc.tuple(fc.nat(11), fc.nat(12)), { minLength: 20, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(moves, async (wanted) => {
        const tenant = await ledger.tenant();
        const made: contract.Category[] = [];
        for (let index = 0; index < 12; index++) made.push(await make(tenant, `Category ${index}`));

        await Promise.allSettled(wanted.map(([child, parent]) => move(tenant, made[child]!, made[parent])));

        const found = await list(tenant);
        expect(found).toHaveLength(12);
        const byId = new Map(found.map((category) => [category.id, category]));
        for (const category of found) {
          const names: string[] = [];
          for (let at: contract.Category | undefined = category; at; at = byId.get(at.parentId)) {
            names.unshift(at.name);
            // A circle would not end.
            expect(names.length).toBeLessThanOrEqual(8);
          }
          expect([category.path, category.depth]).toEqual([names, names.length]);
        }
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});

describe('a category with its descendants', () => {
  it('is found from any place of the tree, archived ones too, and nobody else’s', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const [top, middle, leaf] = await chain(tenant, 3);
    const side = await make(tenant, 'Side', top);
    const apart = await make(tenant, 'Apart');
    await archive(tenant, leaf!);
    const theirs = await make(other, 'Theirs');

    const ids = (...categories: (contract.Category | undefined)[]) => categories.map((one) => one!.id).toSorted();

    expect((await within(tenant, top!)).toSorted()).toEqual(ids(top, middle, leaf, side));
    expect((await within(tenant, middle!)).toSorted()).toEqual(ids(middle, leaf));
    expect((await within(tenant, middle!, apart, leaf!)).toSorted()).toEqual(ids(middle, leaf, apart));
    expect(await within(tenant, theirs, { id: newId() })).toEqual([]);
  });
});
