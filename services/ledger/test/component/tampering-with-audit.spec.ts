import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { isValid } from './driver/audit-seals.ts';
import {
  auditDeeds,
  bytes,
  entryCount,
  insertOne,
  startTamperedTrail,
  type TamperedTrail,
  target,
  theGroup,
} from './driver/tamper-audit.ts';

let trail: TamperedTrail;
beforeAll(async () => {
  trail = await startTamperedTrail();
});
afterAll(() => trail.stop());

describe('a superuser who', () => {
  it.each(auditDeeds.map((deed) => [deed.name, deed] as const))('%s is found out', async (_, { statements, named }) => {
    const [tenant, other] = [await trail.tenantWithSeals(), await trail.tenantWithSeals()];
    const it = await trail.targetOf(tenant);
    expect(await trail.verify(tenant)).toMatchObject(isValid(entryCount));

    await trail.tamper(tenant, ...statements);

    for (const stepSize of [21, 1_000]) {
      expect(await trail.found(tenant, it, { stepSize })).toEqual(named);
    }
    expect(await trail.verify(other)).toMatchObject(isValid(entryCount));
  });

  it('changes a signature is found out, and named is the entry too of a seal that is of one alone', async () => {
    const tenant = await trail.tenantWithSeals();
    const { rows } = await trail.superuser.query<{ id: string }>(
      'select entry_ids[1] as id from ledger.audit_seals where tenant_id = $1 and sequence = 16',
      [tenant.tenantId],
    );

    await trail.tamper(
      tenant,
      `update ledger.audit_seals set signature = ${bytes(64)} where tenant_id = $1 and sequence = 16`,
    );

    expect(await trail.found(tenant, rows[0]!.id)).toEqual(['audit_seal_changed 16 it']);
  });

  it('gives a seal of one the entry of another is found out, and that entry is not accused', async () => {
    const tenant = await trail.tenantWithSeals();
    const it = await trail.targetOf(tenant);
    const { rows } = await trail.superuser.query<{ id: string }>(
      'select entry_ids[1] as id from ledger.audit_seals where tenant_id = $1 and sequence = 4',
      [tenant.tenantId],
    );

    await trail.tamper(
      tenant,
      `update ledger.audit_seals set entry_ids = array[${target}] where tenant_id = $1 and sequence = 4`,
    );

    expect(await trail.found(tenant, it)).toEqual(['audit_seal_changed 4', `audit_inserted 0 ${rows[0]!.id}`]);
  });

  it('drops a seal is found out, with the entries that it was of, and those before it are proved by nothing', async () => {
    const tenant = await trail.tenantWithSeals();
    const { rows } = await trail.superuser.query<{ id: string }>(
      `select unnest(entry_ids) as id from ledger.audit_seals where ${theGroup} order by id`,
      [tenant.tenantId],
    );

    await trail.tamper(tenant, `delete from ledger.audit_seals where ${theGroup}`);

    expect(await trail.found(tenant, undefined)).toEqual([
      ...['audit_unproved 1', 'audit_seal_missing 5'],
      ...rows.map(({ id }) => `audit_inserted 0 ${id}`),
    ]);
  });

  it('puts an entry in is found out, and one who has it queued has it sealed as of then', async () => {
    const tenant = await trail.tenantWithSeals();
    const [past, queued] = [newId(), newId()];

    await trail.tamper(tenant, insertOne(`'${past}'`));
    await trail.superuser.query(insertOne(`'${queued}'`), [tenant.tenantId]);

    expect(await trail.found(tenant, past)).toEqual(['audit_inserted 0 it']);
    expect(await trail.verify(tenant)).toMatchObject({ auditEntries: entryCount + 2, auditUnsealed: 1 });
    await trail.sealAll(tenant);
    expect(await trail.found(tenant, past)).toEqual(['audit_inserted 0 it']);
    expect(await trail.verify(tenant)).toMatchObject({ auditEntries: entryCount + 2, auditUnsealed: 0 });
  });

  it('puts an entry in at the instant of a group, or a null into its list, is found out', async () => {
    const tenant = await trail.tenantWithSeals();
    const id = newId();

    await trail.tamper(
      tenant,
      insertOne(`'${id}'`, `(select recorded_at from ledger.audit_seals where ${theGroup})`),
      `update ledger.audit_seals set entry_ids[1] = null where ${theGroup}`,
    );

    const named = await trail.found(tenant, id);
    expect(named).toEqual(expect.arrayContaining(['audit_seal_changed 5', 'audit_inserted 0 it']));
  });

  it('drops an entry before it is sealed is found out', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 3);
    const { rows } = await trail.superuser.query<{ id: string }>(
      'select id from ledger.audit_entries where tenant_id = $1 order by id limit 1',
      [tenant.tenantId],
    );

    await trail.tamper(tenant, `delete from ledger.audit_entries where tenant_id = $1 and id = '${rows[0]!.id}'`);
    await trail.sealAll(tenant);

    expect(await trail.found(tenant, rows[0]!.id)).toEqual(['audit_missing 1 it']);
  });

  it('takes a group off the queue is found out', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 2);

    await trail.tamper(tenant, 'delete from ledger.audit_unsealed where tenant_id = $1');
    await trail.sealAll(tenant);

    expect((await trail.verify(tenant)).faults).toMatchObject([{ kind: 'audit_inserted' }, { kind: 'audit_inserted' }]);
  });
});
describe('the service', () => {
  it('can change nothing of the seals', async () => {
    for (const statement of [
      'update audit_seals set sequence = 2',
      'delete from audit_seals',
      'truncate audit_seals',
      'delete from audit_chains',
      'update audit_unsealed set entry_ids = null',
    ]) {
      const tried = trail.database.withTenant(trail.aTenant(), (session) => session.query(statement));
      await expect(tried).rejects.toMatchObject({ code: '42501' });
    }
  });
});
