import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { isValid } from './driver/audit-seals.ts';
import { startTamperedTrail, type TamperedTrail, theEntry } from './driver/tamper-audit.ts';

let trail: TamperedTrail;
beforeAll(async () => {
  trail = await startTamperedTrail();
});
afterAll(() => trail.stop());

const each = (kind: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${kind} ${from + index}`);

describe('a superuser without the key who makes the chain anew', () => {
  /** Changes the entry of group 5, and makes all that there is of hashes fit together again up to some seal. */
  async function rewrite(tenant: TenantContext, upTo: number): Promise<void> {
    await trail.tamper(tenant, `update ledger.audit_entries set action = 'nothing' where ${theEntry}`);
    const utc = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"';
    const { rows } = await trail.superuser.query(
      `select seal.sequence::int, seal.entry_ids, seal.entry_hashes, seal.hash, coalesce(seal.key_id, '') as key_id,
         to_char(seal.recorded_at at time zone 'UTC', $2) as recorded_at,
         to_char(seal.sealed_at at time zone 'UTC', $2) as sealed_at,
         (
           select sha256(convert_to(concat_ws(
             E'\\n', 'outlay audit entry 1', tenant_id, id, to_char(recorded_at at time zone 'UTC', $2),
             to_json(actor_kind), to_json(actor_id), to_json(request_id), to_json(action), to_json(entity),
             to_json(entity_id), coalesce(before::text, ''), coalesce(after::text, ''), ''
           ), 'UTF8'))
           from ledger.audit_entries where tenant_id = $1 and id = seal.entry_ids[2]
         ) as second_hash
       from ledger.audit_seals as seal where seal.tenant_id = $1 order by seal.sequence`,
      [tenant.tenantId, utc],
    );
    let previous = rows[3].hash.toString('hex');
    for (const row of rows.slice(4, upTo)) {
      if (row.sequence === 5) row.second_hash.copy(row.entry_hashes, 32);
      const hashOf = (index: number) => row.entry_hashes.subarray(index * 32, index * 32 + 32).toString('hex');
      const group = sha256([
        ...['outlay audit group 1', tenant.tenantId, row.recorded_at],
        ...row.entry_ids.map((id: string, index: number) => `${id} ${hashOf(index)}`),
      ]);
      const hash = sha256([
        ...['outlay audit seal 1', tenant.tenantId, row.sequence, previous, row.recorded_at, group],
        ...[row.sealed_at, row.key_id],
      ]);
      await trail.superuser.query(
        `update ledger.audit_seals set entry_hashes = $3, group_hash = decode($4, 'hex'), previous_hash = decode($5, 'hex'),
           hash = decode($6, 'hex') where tenant_id = $1 and sequence = $2`,
        [tenant.tenantId, row.sequence, row.entry_hashes, group, previous, hash],
      );
      previous = hash;
    }
    await trail.superuser.query(
      `update ledger.audit_chains as chain set hash = seal.hash from ledger.audit_seals as seal
       where chain.tenant_id = $1 and seal.tenant_id = $1 and seal.sequence = chain.sequence`,
      [tenant.tenantId],
    );
  }
  const sha256 = (lines: readonly string[]) =>
    createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');

  it.each([
    ['to its end', 20, 16],
    ['up to a seal that is left as it was', 11, 11],
  ])('%s is found out, to within sixteen seals', async (_, upTo, last) => {
    const tenant = await trail.tenantWithSeals();

    await rewrite(tenant, upTo);

    const named = (await trail.verify(tenant)).faults.map(({ kind, sequence }) => `${kind} ${sequence}`);
    expect(named).toEqual(each('audit_rewritten', 1, last));
  });
});

describe('a superuser who cuts the trail’s chain off with its entries and makes the ledger forget it', () => {
  it('is found out by a head that was kept', async () => {
    const tenant = trail.aTenant();
    for (let count = 0; count < 3; count++) {
      await trail.write(tenant, 2);
      await trail.sealAll(tenant);
    }
    const { auditHead: keptAudit } = await trail.verify(tenant);
    expect((await trail.verify(tenant, { keptAudit })).faults).toEqual([]);

    await trail.tamper(
      tenant,
      `delete from ledger.audit_entries where tenant_id = $1
       and id = any ((select entry_ids from ledger.audit_seals where tenant_id = $1 and sequence = 3)::uuid[])`,
      'delete from ledger.audit_seals where tenant_id = $1 and sequence = 3',
      `update ledger.audit_chains as chain set sequence = 2, hash = seal.hash from ledger.audit_seals as seal
       where chain.tenant_id = $1 and seal.tenant_id = $1 and seal.sequence = 2`,
    );

    expect(await trail.verify(tenant)).toMatchObject(isValid(4));
    expect(await trail.found(tenant, undefined, { keptAudit })).toEqual(['audit_seal_missing 3']);
    await trail.write(tenant, 1);
    await trail.sealAll(tenant);
    expect(await trail.found(tenant, undefined, { keptAudit })).toEqual(['audit_head_mismatch 3']);
  });
});
