import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isValid } from './driver/audit-seals.ts';
import { entryCount, startTamperedTrail, type TamperedTrail, theEntry } from './driver/tamper-audit.ts';

let trail: TamperedTrail;
beforeAll(async () => {
  trail = await startTamperedTrail();
});
afterAll(() => trail.stop());

describe('a superuser who changes an entry of the audit trail in its', () => {
  it.each([
    ['actor_kind', "'user'"],
    ['actor_id', "actor_id || ' '"],
    ['request_id', "'another'"],
    ['action', "'project.deleted'"],
    ['entity', "'account'"],
    ['entity_id', "'another'"],
    ['before', 'null'],
    ['before', "'null'"],
    ['after', `'{"name": "Shop", "number": 8}'`],
    ['after', `'{"name": "Shop", "number": 1.0}'`],
    ['recorded_at', "recorded_at + interval '1 microsecond'"],
  ])('%s to %s is found out, and so is it by name alone', async (column, value) => {
    const [tenant, other] = [await trail.tenantWithSeals(), await trail.tenantWithSeals()];
    const it = await trail.targetOf(tenant);

    await trail.tamper(tenant, `update ledger.audit_entries set ${column} = ${value} where ${theEntry}`);

    const inserted = column === 'recorded_at' ? ['audit_inserted 0 it'] : [];
    expect(await trail.found(tenant, it)).toEqual(['audit_changed 5 it', ...inserted]);
    expect(await trail.verify(other)).toMatchObject(isValid(entryCount));
  });

  it('tenant is found out in both', async () => {
    const [tenant, other] = [await trail.tenantWithSeals(), await trail.tenantWithSeals()];
    const it = await trail.targetOf(tenant);

    await trail.tamper(tenant, `update ledger.audit_entries set tenant_id = '${other.tenantId}' where ${theEntry}`);

    expect(await trail.found(tenant, it)).toEqual(['audit_missing 5 it']);
    expect(await trail.found(other, it)).toEqual(['audit_inserted 0 it']);
  });

  it('value by one that would be written alike, were it not for line feeds, is found out', async () => {
    const tenant = trail.aTenant();
    await trail.write(tenant, 1);
    const set = (actor: string, request: string) =>
      `update ledger.audit_entries set actor_id = E'${actor}', request_id = E'${request}' where tenant_id = $1`;
    await trail.tamper(tenant, set('a\\nb', 'c'));
    await trail.sealAll(tenant);
    expect(await trail.verify(tenant)).toMatchObject(isValid(1));

    await trail.tamper(tenant, set('a', 'b\\nc'));

    expect((await trail.verify(tenant)).faults).toMatchObject([{ kind: 'audit_changed', sequence: 1n }]);
  });
});
