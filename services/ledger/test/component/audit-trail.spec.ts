import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as wire } from '@outlay/contracts';
import { newId, toTenantId } from '@outlay/platform';
import { connectAsService } from '@outlay/testkit';
import pg from 'pg';
import { auditTrailOf } from '../../src/audit/list-audit-entries.ts';
import { rowsReadBy } from './driver/plans.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

/** Of somebody who did one thing in each of two months, and of something that little happened to. */
const quiet = '00000000-0000-7000-8000-00000000000a';

describe('the audit trail', () => {
  it('tells who did what to what and how it was before, the newest first', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const expense = await record(tenant);
    const admin = { ...tenant.admin, requestId: 'the-request' };
    const input = anExpense({ title: 'Two seats' });
    await ledger.client.editExpense(admin, { expenseId: expense.id, input, updateMask: ['title'] });
    await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    await record(other);

    const { entries } = await list(tenant);

    expect(entries.map(({ action }) => action)).toEqual(['category.created', 'expense.edited', 'expense.recorded']);
    expect(entries[1]).toMatchObject({
      ...{ actorKind: 'user', actorId: tenant.ids.adminId, requestId: 'the-request' },
      ...{ entity: 'expense', entityId: expense.id, recordedAt: expect.any(Date) },
    });
    expect(JSON.parse(entries[1]!.beforeJson)).toMatchObject({ title: 'Design tool', version: '1' });
    expect(JSON.parse(entries[1]!.afterJson)).toMatchObject({ title: 'Two seats', version: '2' });
    expect(entries[2]!.beforeJson).toBe('');
  });

  it('can be narrowed to a kind, a thing, a person and a time', async () => {
    const tenant = await ledger.tenant();
    const [first, second] = [await record(tenant), await record(tenant, tenant.member)];
    await ledger.client.reverseExpense(tenant.admin, { expenseId: first.id });
    await ledger.client.createProject(tenant.owner, { name: 'Website' });
    const actions = async (filter: Partial<wire.ListAuditEntriesRequest>) =>
      (await list(tenant, filter)).entries.map(({ action, entityId }) => [action, entityId]);
    const reversed = ['expense.reversed', first.id];
    const { entries } = await list(tenant, { entity: 'expense' });
    const secondAt = entries[1]!.recordedAt!;

    expect(await actions({ entity: 'project' })).toMatchObject([['project.created', expect.any(String)]]);
    expect(await actions({ entityId: second.id })).toEqual([['expense.recorded', second.id]]);
    expect(await actions({ entity: 'expense', entityId: first.id })).toEqual([
      reversed,
      ['expense.recorded', first.id],
    ]);
    expect(await actions({ entity: 'expense', entityId: first.id, actorId: tenant.ids.adminId })).toEqual([reversed]);
    expect(await actions({ actorId: tenant.ids.memberId })).toEqual([['expense.recorded', second.id]]);
    expect(await actions({ entity: 'expense', from: new Date(secondAt.getTime() + 1) })).toEqual([reversed]);
    const inCapitals = { entityId: first.id.toUpperCase(), actorId: tenant.ids.adminId.toUpperCase() };
    expect(await actions(inCapitals)).toEqual([reversed]);
    expect(await actions({ to: secondAt })).toEqual([['expense.recorded', first.id]]);
    expect(await actions({ entity: 'expense', entityId: first.id, to: new Date(0) })).toEqual([]);
  });

  it('has what was written from an instant on, and before the one that it is asked for to, which is not in it', async () => {
    const tenant = await ledger.tenant();
    const [{ at }] = (await ledger.query<{ at: Date }>(
      `insert into ledger.audit_entries (
         tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id
       ) values ($1, $2, date_trunc('second', now()), 'user', 'somebody', 'request', 'changed', 'expense', 'one')
       returning recorded_at as at`,
      [tenant.tenantId, newId()],
    )) as [{ at: Date }];
    const next = new Date(at.getTime() + 1);
    const found = async (span: { from?: Date; to?: Date }) => (await list(tenant, span)).entries.length;

    expect(await found({ to: at })).toBe(0);
    expect(await found({ to: next })).toBe(1);
    expect(await found({ from: at })).toBe(1);
    expect(await found({ from: next })).toBe(0);
  });

  it('goes on where a page ended, whatever is written meanwhile', async () => {
    const tenant = await ledger.tenant();
    const expenses = [await record(tenant), await record(tenant), await record(tenant)];
    const expected = expenses.map(({ id }) => id).reverse();
    const first = await list(tenant, { page: { limit: 2, cursor: '' } });
    await record(tenant);

    const rest = await list(tenant, { page: { limit: 2, cursor: first.page!.nextCursor } });

    expect([...first.entries, ...rest.entries].map(({ entityId }) => entityId)).toEqual(expected);
    expect([first.page!.hasMore, rest.page!.hasMore]).toEqual([true, false]);
  });

  it.each([
    ['all of it', {}],
    ['a person', { actorId: quiet }],
    ['a person and expenses', { actorId: quiet, entity: 'expense' }],
    ['a kind', { entity: 'project' }],
    ['a person and a kind', { actorId: quiet, entity: 'project' }],
    ['a thing', { entityId: quiet }],
    ['a thing and its kind', { entityId: quiet, entity: 'expense' }],
    ['a thing and a person', { entityId: quiet, actorId: quiet }],
  ])('is read without all the rest of it, narrowed to %s', async (_, filter) => {
    const { tenantId } = await aLongTrail();
    const { statement, values } = auditTrailOf(
      { tenantId: toTenantId(tenantId) },
      {
        entity: undefined,
        entityId: undefined,
        actorId: undefined,
        from: undefined,
        to: undefined,
        after: undefined,
        limit: 10,
        ...filter,
      },
    );

    const role = await connectAsService(ledger.database, 'ledger');
    const { rows } = await role.as(tenantId, `explain (analyze, format json) ${statement.text}`, values);
    await role.end();

    expect(rowsReadBy(rows[0]['QUERY PLAN'][0].Plan)).toBeLessThan(1_000);
  });

  it('is for owners and admins, and for them alone', async () => {
    const tenant = await ledger.tenant();

    for (const context of [tenant.member, tenant.analyst]) {
      await expect(list({ owner: context })).rejects.toMatchObject({ kind: 'forbidden' });
    }
    expect(await list({ owner: tenant.admin })).toMatchObject({ entries: [], page: { hasMore: false } });
    const wrong = list(tenant, { page: { limit: 1, cursor: 'e30' } });
    await expect(wrong).rejects.toMatchObject({ kind: 'invalid', details: [{ field: 'cursor' }] });
  });

  it('cannot be changed by the service', async () => {
    const role = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
    await role.connect();

    for (const statement of [
      "update audit_entries set action = ''",
      'delete from audit_entries',
      'truncate audit_entries',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    await role.end();
  });
});

let longTrail: Promise<TestTenant> | undefined;

/** 20,000 entries of expenses and a few of a project, nearly all of them of one person. */
function aLongTrail(): Promise<TestTenant> {
  longTrail ??= (async () => {
    const tenant = await ledger.tenant();
    await ledger.query(
      `insert into ledger.audit_entries (
         tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id
       )
       select $1, gen_random_uuid(), now() + number % 2 * interval '1 month', 'user',
         case when number <= 2 then $2 else 'busy' end, 'request', 'changed',
         case when number <= 20 then 'project' else 'expense' end,
         case when number between 19 and 22 then $2 else number::text end
       from generate_series(1, 20000) as numbers (number)`,
      [tenant.tenantId, quiet],
    );
    await ledger.query('analyze ledger.audit_entries');
    return tenant;
  })();
  return longTrail;
}

async function record(tenant: TestTenant, context = tenant.owner) {
  const { expense } = await ledger.client.recordExpense(context, { input: anExpense() });
  return expense!;
}

const list = ({ owner }: Pick<TestTenant, 'owner'>, different: Partial<wire.ListAuditEntriesRequest> = {}) =>
  ledger.client.listAuditEntries(owner, {
    ...{ entity: '', entityId: '', actorId: '', from: undefined, to: undefined, page: undefined },
    ...different,
  });
