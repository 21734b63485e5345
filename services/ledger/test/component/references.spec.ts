import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue } from '@outlay/contracts';
import { type CallerContext, newId } from '@outlay/platform';
import { cursorOf } from './driver/cursors.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

interface Created {
  id: string;
  name: string;
  version: bigint;
  createdAt: Date | undefined;
}

/** The three kinds of things that expenses refer to, which keep the same promises. */
const kinds = {
  category: {
    create: async (context: CallerContext, name: string): Promise<Created> =>
      (await ledger.client.createCategory(context, { name })).category!,
    rpc: 'ListCategories',
    list: async (context: CallerContext, cursor = '', limit = 0) => {
      const { categories, page } = await ledger.client.listCategories(context, { page: { limit, cursor } });
      return { items: categories as Created[], page: page! };
    },
    event: 'outlay.ledger.category.created.v1',
  },
  account: {
    create: async (context: CallerContext, name: string): Promise<Created> =>
      (await ledger.client.createAccount(context, { name, kind: 'card', currency: '', openingBalance: undefined }))
        .account!,
    rpc: 'ListAccounts',
    list: async (context: CallerContext, cursor = '', limit = 0) => {
      const { accounts, page } = await ledger.client.listAccounts(context, { page: { limit, cursor } });
      return { items: accounts as Created[], page: page! };
    },
    event: 'outlay.ledger.account.created.v1',
  },
  project: {
    create: async (context: CallerContext, name: string): Promise<Created> =>
      (await ledger.client.createProject(context, { name })).project!,
    rpc: 'ListProjects',
    list: async (context: CallerContext, cursor = '', limit = 0) => {
      const { projects, page } = await ledger.client.listProjects(context, { page: { limit, cursor } });
      return { items: projects as Created[], page: page! };
    },
    event: 'outlay.ledger.project.created.v1',
  },
} as const;

describe.each(Object.entries(kinds))('a %s', (entity, kind) => {
  it('is made once, announced and written down', async () => {
    const tenant = await ledger.tenant();

    const created = await kind.create(tenant.admin, '  Tools & toys ');

    expect(created).toMatchObject({ name: 'Tools & toys', version: 1n, createdAt: expect.any(Date) });
    const [envelope] = await ledger.events(tenant.tenantId);
    expect(envelope).toMatchObject({ type: kind.event, subject: created.id, aggregateversion: 1 });
    expect(catalogue[kind.event].codec.fromJSON(envelope!.data)).toEqual({ [entity]: created });
    const audits = await ledger.query(
      'select action, entity, entity_id, actor_id from ledger.audit_entries where tenant_id = $1',
      [tenant.tenantId],
    );
    expect(audits).toEqual([
      { action: `${entity}.created`, entity, entity_id: created.id, actor_id: tenant.ids.adminId },
    ]);
  });

  it('has a name of its own within the tenant', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const created = await kind.create(tenant.owner, 'Straße');

    await expect(kind.create(tenant.owner, ' Straße ')).rejects.toMatchObject({ kind: 'conflict', code: 'name_taken' });
    await kind.create(other.owner, 'Straße');

    expect((await kind.list(tenant.owner)).items).toEqual([created]);
    expect(await ledger.events(tenant.tenantId)).toHaveLength(1);
  });

  it('is made by one of many who ask for it at once', async () => {
    const tenant = await ledger.tenant();

    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => kind.create(tenant.owner, 'Software')));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await ledger.events(tenant.tenantId)).toHaveLength(1);
  });

  it('needs a name of 1 to 200 characters', async () => {
    const tenant = await ledger.tenant();

    for (const name of ['', '   ', 'n'.repeat(201), 'nul\0']) {
      await expect(kind.create(tenant.owner, name)).rejects.toMatchObject({
        kind: 'invalid',
        details: [{ field: 'name' }],
      });
    }
    expect(await kind.create(tenant.owner, 'n'.repeat(200))).toMatchObject({ name: 'n'.repeat(200) });
  });

  it('is listed by name, page by page, to everyone of the tenant and nobody else', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const names = ['Delta', 'Alpha', 'Echo', 'Charlie', 'Bravo'];
    for (const name of names) await kind.create(tenant.owner, name);

    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, page } = await kind.list(tenant.member, cursor, 2);
      seen.push(...items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== '');

    expect(seen).toEqual(names.toSorted());
    expect((await kind.list(tenant.analyst)).items).toHaveLength(5);
    expect((await kind.list(other.owner)).items).toEqual([]);
    await expect(kind.list(tenant.owner, 'nonsense')).rejects.toMatchObject({ details: [{ field: 'cursor' }] });
  });

  it('is not looked for behind a cursor of another list', async () => {
    const tenant = await ledger.tenant();
    for (const name of ['a', 'b']) await kind.create(tenant.owner, name);
    const { nextCursor } = (await kind.list(tenant.owner, '', 1)).page;

    for (const { rpc, list } of Object.values(kinds)) {
      const listed = list(tenant.owner, nextCursor);
      if (rpc === kind.rpc) expect((await listed).items).toMatchObject([{ name: 'b' }]);
      else await expect(listed).rejects.toMatchObject({ kind: 'invalid', details: [{ field: 'cursor' }] });
    }
  });

  it.each([
    ['a NUL', 'a\u0000'],
    ['half a character', 'a\ud800'],
    ['too long a name', 'a'.repeat(201)],
  ])('is not looked for behind a cursor that holds %s', async (_what, name) => {
    const tenant = await ledger.tenant();
    const cursor = cursorOf(kind.rpc, {}, { name, id: newId() });
    const good = cursorOf(kind.rpc, {}, { name: 'a', id: newId() });

    await expect(kind.list(tenant.owner, good)).resolves.toMatchObject({ items: [] });
    await expect(kind.list(tenant.owner, cursor)).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field: 'cursor', code: 'cursor_invalid' }],
    });
  });

  it('is made by those who manage the tenant', async () => {
    const tenant = await ledger.tenant();

    for (const context of [tenant.member, tenant.analyst]) {
      await expect(kind.create(context, 'Mine')).rejects.toMatchObject({ kind: 'forbidden', code: 'role_required' });
    }
    expect((await kind.list(tenant.owner)).items).toEqual([]);
  });
});

describe('an account', () => {
  it('has a kind, and a currency that is the tenant’s where none is named', async () => {
    const tenant = await ledger.tenant({ currency: 'GBP' });

    const { account: own } = await ledger.client.createAccount(tenant.owner, {
      name: 'A',
      kind: 'cash',
      currency: '',
      openingBalance: undefined,
    });
    const { account: yen } = await ledger.client.createAccount(tenant.owner, {
      name: 'B',
      kind: 'bank',
      currency: 'JPY',
      openingBalance: undefined,
    });

    expect(own).toMatchObject({ kind: 'cash', currency: 'GBP' });
    expect(yen).toMatchObject({ kind: 'bank', currency: 'JPY' });
    const wrong = ledger.client.createAccount(tenant.owner, {
      name: 'C',
      kind: 'purse',
      currency: 'LIRA',
      openingBalance: undefined,
    });
    await expect(wrong).rejects.toMatchObject({ details: [{ field: 'kind' }, { field: 'currency' }] });
  });

  it('is in the chart of accounts, as each category is', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { account } = await ledger.client.createAccount(tenant.owner, {
      name: 'Card',
      kind: 'card',
      currency: '',
      openingBalance: undefined,
    });
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    await ledger.client.createCategory(other.owner, { name: 'Theirs' });

    const chart = await ledger.query(
      'select id, class, name from ledger.ledger_accounts where tenant_id = $1 order by id',
      [tenant.tenantId],
    );

    expect(chart).toEqual([
      { id: '00000000-0000-7000-8000-000000000001', class: 'expense', name: 'Uncategorised' },
      { id: '00000000-0000-7000-8000-000000000002', class: 'asset', name: 'Unassigned' },
      { id: '00000000-0000-7000-8000-000000000003', class: 'equity', name: 'Currency exchange' },
      { id: '00000000-0000-7000-8000-000000000004', class: 'equity', name: 'Opening balances' },
      { id: account!.id, class: 'liability', name: 'Card' },
      { id: category!.id, class: 'expense', name: 'Software' },
    ]);
  });
});
