import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue, type EventName } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { booksOf } from './driver/books.ts';
import { referencesOf } from './driver/references.ts';
import {
  anExpense,
  everything,
  startLedger,
  type TestLedger,
  type TestTenant,
  withKey,
} from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

const record = async (tenant: TestTenant, different: Parameters<typeof anExpense>[0] = {}) =>
  (await ledger.client.recordExpense(tenant.owner, { input: anExpense(different) })).expense!;

const edit = (tenant: TestTenant, expenseId: string, changes: Parameters<typeof anExpense>[0], mask: string[]) =>
  ledger.client.editExpense(tenant.owner, { expenseId, input: anExpense(changes), updateMask: mask });

const auditsOf = (tenant: TestTenant, id: string) =>
  ledger.query<{ action: string; before: object | null; after: object | null }>(
    'select action, before, after from ledger.audit_entries where tenant_id = $1 and entity_id = $2 order by recorded_at',
    [tenant.tenantId, id],
  );

describe.each(['category', 'account', 'project'] as const)('a %s', (entity) => {
  const kind = () => referencesOf(ledger)[entity];
  const field = `${entity}_id`;
  const eventsOf = async (tenant: TestTenant, id: string) =>
    (await ledger.events(tenant.tenantId)).filter(({ subject }) => subject === id);

  it('is renamed and described, and every change is told of with what was before', async () => {
    const tenant = await ledger.tenant();
    const created = await kind().create(tenant.owner, 'Tools');

    const changed = await kind().change(tenant.admin, created.id, { name: ' Toys ', description: 'For the office' });

    expect(changed).toEqual({
      ...created,
      name: 'Toys',
      description: 'For the office',
      version: 2n,
      ...pathOf('Toys'),
    });
    expect(await kind().get(tenant.member, created.id)).toEqual(changed);
    const [, event] = await eventsOf(tenant, created.id);
    expect(event).toMatchObject({ type: `outlay.ledger.${entity}.updated.v1`, aggregateversion: 2 });
    const { codec } = catalogue[event!.type as EventName];
    expect(codec.fromJSON(event!.data)).toEqual({ [entity]: changed });
    const [, audit] = await auditsOf(tenant, created.id);
    expect(audit).toMatchObject({
      action: `${entity}.updated`,
      before: { name: 'Tools', version: '1' },
      after: { name: 'Toys', description: 'For the office', version: '2' },
    });
  });

  it('makes no version, and tells of nothing, where all is as it was', async () => {
    const tenant = await ledger.tenant();
    const created = await kind().create(tenant.owner, 'Tools');

    const same = await kind().change(tenant.owner, created.id, { name: 'Tools', archived: false });

    expect(same).toEqual(created);
    expect(await eventsOf(tenant, created.id)).toHaveLength(1);
    expect(await auditsOf(tenant, created.id)).toHaveLength(1);
  });

  it('is changed only as the version that was seen', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Tools');
    await kind().change(tenant.owner, id, { name: 'Toys' }, 1n);

    const late = { kind: 'precondition_failed', code: 'version_mismatch' };
    await expect(kind().change(tenant.owner, id, { name: 'Tops' }, 1n)).rejects.toMatchObject(late);
    await expect(kind().remove(tenant.owner, id, 1n)).rejects.toMatchObject(late);

    expect(await kind().get(tenant.owner, id)).toMatchObject({ name: 'Toys', version: 2n, archivedAt: undefined });
  });

  it('of two who change the version they saw, is changed by one', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Tools');

    const outcomes = await Promise.allSettled(
      ['A', 'B', 'C', 'D'].map((name) => kind().change(tenant.owner, id, { name }, 1n)),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await kind().get(tenant.owner, id)).toMatchObject({ version: 2n });
  });

  it('does not take a name that another one has', async () => {
    const tenant = await ledger.tenant();
    await kind().create(tenant.owner, 'Taken');
    const { id } = await kind().create(tenant.owner, 'Free');

    const taken = kind().change(tenant.owner, id, { name: 'Taken' });

    await expect(taken).rejects.toMatchObject({ kind: 'conflict', code: 'name_taken' });
    expect(await kind().get(tenant.owner, id)).toMatchObject({ name: 'Free', version: 1n });
  });

  it('leaves its name to others while it is archived, and cannot come back before they have left it', async () => {
    const tenant = await ledger.tenant();
    const first = await kind().create(tenant.owner, 'Tools');
    const archived = await kind().change(tenant.owner, first.id, { archived: true });

    const second = await kind().create(tenant.owner, 'Tools');
    const back = kind().change(tenant.owner, first.id, { archived: false });
    await expect(back).rejects.toMatchObject({ kind: 'conflict', code: 'name_taken' });
    await kind().change(tenant.owner, second.id, { name: 'Others' });
    const restored = await kind().change(tenant.owner, first.id, { archived: false });

    expect(archived).toMatchObject({ version: 2n, archivedAt: expect.any(Date) });
    expect(restored).toMatchObject({ version: 3n, archivedAt: undefined });
    const types = (await eventsOf(tenant, first.id)).map(({ type }) => type.split('.')[3]);
    expect(types).toEqual(['created', 'archived', 'restored']);
    const actions = (await auditsOf(tenant, first.id)).map(({ action }) => action);
    expect(actions).toEqual([`${entity}.created`, `${entity}.archived`, `${entity}.restored`]);
  });

  it('is not in lists while it is archived, unless they are asked for it', async () => {
    const tenant = await ledger.tenant();
    const kept = await kind().create(tenant.owner, 'Kept');
    const gone = await kind().create(tenant.owner, 'Gone');
    await kind().change(tenant.owner, gone.id, { archived: true });

    const listed = async (archived?: string) =>
      (await kind().list(tenant.member, archived === undefined ? {} : { archived })).items.map(({ name }) => name);

    expect(await listed()).toEqual(['Kept']);
    expect(await listed('false')).toEqual(['Kept']);
    expect(await listed('true')).toEqual(['Gone']);
    expect(await listed('all')).toEqual(['Gone', 'Kept']);
    await expect(listed('some')).rejects.toMatchObject({ details: [{ field: 'archived' }] });
    expect(await kind().get(tenant.member, kept.id)).toMatchObject({ archivedAt: undefined });
    expect(await kind().get(tenant.member, gone.id)).toMatchObject({ archivedAt: expect.any(Date) });
  });

  it('is found by part of its name, whatever its case', async () => {
    const tenant = await ledger.tenant();
    for (const name of ['Office 100%', 'Post_office', 'Travel']) await kind().create(tenant.owner, name);

    const found = async (text: string) => (await kind().list(tenant.owner, { text })).items.map(({ name }) => name);

    expect((await found('OFFICE')).toSorted()).toEqual(['Office 100%', 'Post_office']);
    expect(await found('0%')).toEqual(['Office 100%']);
    expect(await found('_')).toEqual(['Post_office']);
    expect(await found('nothing')).toEqual([]);
  });

  it('takes no new expense while it is archived', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { id } = await kind().create(tenant.owner, 'Closed');
    const open = await kind().create(tenant.owner, 'Open');
    const before = await record(tenant, { [kind().field]: id });
    const elsewhere = await record(tenant, { [kind().field]: open.id });
    await kind().change(tenant.owner, id, { archived: true });

    const refusal = { kind: 'invalid', details: [{ field, code: 'archived' }] };
    await expect(record(tenant, { [kind().field]: id })).rejects.toMatchObject(refusal);
    const moved = edit(tenant, elsewhere.id, { [kind().field]: id }, [field]);
    await expect(moved).rejects.toMatchObject(refusal);
    // The one that did before goes on, and can be changed otherwise.
    const edited = await edit(tenant, before.id, { title: 'Better' }, ['title']);
    expect(edited.expense).toMatchObject({ title: 'Better', [entity]: { id, name: 'Closed' } });
    const foreign = record(other, { [kind().field]: id });
    await expect(foreign).rejects.toMatchObject({ details: [{ field, code: 'not_found' }] });

    await kind().change(tenant.owner, id, { archived: false });
    expect(await record(tenant, { [kind().field]: id })).toMatchObject({ [entity]: { id } });
  });

  it('shows with its expenses under the name it has, archived or not', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Old');
    const { id: expenseId } = await record(tenant, { [kind().field]: id });
    await kind().change(tenant.owner, id, { name: 'New', archived: true });

    const { expense } = await ledger.client.getExpense(tenant.owner, { expenseId });
    const listing = { filter: everything, sort: '', page: undefined };
    const { expenses } = await ledger.client.listExpenses(tenant.owner, listing);

    expect(expense).toMatchObject({ [entity]: { id, name: 'New' } });
    expect(expenses).toMatchObject([{ [entity]: { id, name: 'New' } }]);
  });

  it('that nothing refers to is removed when it is deleted', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const created = await kind().create(tenant.owner, 'Mistake');
    const theirs = await kind().create(other.owner, 'Mistake');

    expect(await kind().remove(tenant.admin, created.id)).toMatchObject({ archived: false });

    const gone = { kind: 'not_found', code: `${entity}_not_found` };
    await expect(kind().get(tenant.owner, created.id)).rejects.toMatchObject(gone);
    await expect(kind().remove(tenant.owner, created.id)).rejects.toMatchObject(gone);
    expect((await kind().list(tenant.owner, { archived: 'all' })).items).toEqual([]);
    const [, event] = await eventsOf(tenant, created.id);
    expect(event).toMatchObject({ type: `outlay.ledger.${entity}.deleted.v1`, aggregateversion: 2 });
    const [, audit] = await auditsOf(tenant, created.id);
    expect(audit).toMatchObject({ action: `${entity}.deleted`, before: { name: 'Mistake' }, after: null });
    expect(await kind().get(other.owner, theirs.id)).toEqual(theirs);
  });

  it('that something refers to is archived when it is deleted', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Used');
    await record(tenant, { [kind().field]: id });

    expect(await kind().remove(tenant.owner, id)).toMatchObject({ archived: true });
    expect(await kind().remove(tenant.owner, id)).toMatchObject({ archived: true });

    expect(await kind().get(tenant.owner, id)).toMatchObject({ version: 2n, archivedAt: expect.any(Date) });
    const types = (await eventsOf(tenant, id)).map(({ type }) => type.split('.')[3]);
    expect(types).toEqual(['created', 'archived']);
  });

  it('is deleted once under an idempotency key, and the answer is given again', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Mistake');
    const context = withKey(tenant.owner, 'delete-1');

    expect(await kind().remove(context, id)).toEqual({ archived: false, replayed: false });
    expect(await kind().remove(context, id)).toEqual({ archived: false, replayed: true });
  });

  it('is never lost under an expense that is recorded while it is deleted', async () => {
    const tenant = await ledger.tenant();
    for (let round = 0; round < 10; round++) {
      const { id } = await kind().create(tenant.owner, `Contested ${round}`);

      const [removal, recording] = await Promise.allSettled([
        kind().remove(tenant.owner, id),
        record(tenant, { [kind().field]: id }),
      ]);

      expect(removal.status).toBe('fulfilled');
      if (recording.status === 'fulfilled') {
        expect(await kind().get(tenant.owner, id)).toMatchObject({ archivedAt: expect.any(Date) });
      } else {
        expect(recording.reason).toMatchObject({ kind: 'invalid', details: [{ field }] });
      }
    }
  });

  it('is nobody’s to see or change in another tenant, nor a member’s or an analyst’s to change', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const created = await kind().create(tenant.owner, 'Ours');

    const unknown = { kind: 'not_found', code: `${entity}_not_found` };
    for (const id of [created.id, newId()]) {
      await expect(kind().get(other.owner, id)).rejects.toMatchObject(unknown);
      await expect(kind().change(other.owner, id, { name: 'Theirs' })).rejects.toMatchObject(unknown);
      await expect(kind().remove(other.owner, id)).rejects.toMatchObject(unknown);
    }
    for (const context of [tenant.member, tenant.analyst]) {
      const refused = { kind: 'forbidden', code: 'role_required' };
      await expect(kind().change(context, created.id, { name: 'Mine' })).rejects.toMatchObject(refused);
      await expect(kind().remove(context, created.id)).rejects.toMatchObject(refused);
    }
    expect(await kind().get(tenant.analyst, created.id)).toEqual(created);
  });

  it('is not changed by a request that names nothing, or what there is not', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Ours');

    const nothing = kind().change(tenant.owner, id, {});
    await expect(nothing).rejects.toMatchObject({ details: [{ field: 'update_mask', code: 'required' }] });
    const unknown = kind().change(tenant.owner, id, { size: 3 } as object);
    await expect(unknown).rejects.toMatchObject({ details: [{ field: 'update_mask', code: 'unknown_field' }] });
    const blank = kind().change(tenant.owner, id, { name: ' ', description: 'd'.repeat(2_001) });
    await expect(blank).rejects.toMatchObject({ details: [{ field: 'name' }, { field: 'description' }] });
    await expect(kind().get(tenant.owner, 'x')).rejects.toMatchObject({ details: [{ field }] });
  });

  const pathOf = (name: string) => (entity === 'category' ? { path: [name] } : {});
});

describe.each(['category', 'account'] as const)('a %s in the books', (entity) => {
  const kind = () => referencesOf(ledger)[entity];

  it('stays for good once something was posted to it, though no expense refers to it any more', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Left');
    const expense = await record(tenant, { [kind().field]: id });
    await edit(tenant, expense.id, { [kind().field]: '' }, [`${entity}_id`]);

    expect(await kind().remove(tenant.owner, id)).toMatchObject({ archived: true });

    const { accounts } = await booksOf(ledger).balances(tenant.owner);
    expect(accounts.find(({ account }) => account?.id === id)).toMatchObject({
      account: { name: 'Left' },
      balances: [{ balanceMinor: '0' }],
    });
  });

  it('is called what it was called at the instant that is asked for', async () => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'First');
    const { id: passing } = await kind().create(tenant.owner, 'Passing');
    await record(tenant, { [kind().field]: id });
    const books = booksOf(ledger);
    const knownAsOf = await books.now();
    const before = await books.balances(tenant.owner, { knownAsOf });
    await kind().change(tenant.owner, id, { name: 'Second' });
    await kind().remove(tenant.owner, passing);
    const between = await books.now();
    await kind().change(tenant.owner, id, { name: 'Third', archived: true });

    const namesAt = async (instant: string) =>
      (await books.balances(tenant.owner, { knownAsOf: instant })).accounts
        .filter(({ account }) => [id, passing].includes(account!.id))
        .map(({ account }) => account!.name);

    expect(await books.balances(tenant.owner, { knownAsOf })).toEqual(before);
    expect(await namesAt(knownAsOf)).toEqual(['First', 'Passing']);
    expect(await namesAt(between)).toEqual(['Second']);
    expect((await books.entries(tenant.owner, id)).account).toMatchObject({ name: 'Third' });
    expect((await books.entries(tenant.owner, id, { knownAsOf })).account).toMatchObject({ name: 'First' });
  });
});
