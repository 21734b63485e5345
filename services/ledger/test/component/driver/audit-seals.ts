import type { TenantContext } from '@outlay/platform';
import { sealAudit } from '../../../src/seals/seal-audit.ts';
import { type Verification, verifyJournal } from '../../../src/seals/verify-journal.ts';
import { recordAudits } from '../../../src/store/record-audits.ts';
import { tamperWith } from './past-triggers.ts';
import { startSealedDatabase } from './sealed-database.ts';

type Given = Parameters<typeof verifyJournal>[2];
export type AuditSeals = Awaited<ReturnType<typeof startAuditSeals>>;

/** A ledger's database without its processes: writes audit entries, seals and verifies them, and lets a superuser at them. */
export async function startAuditSeals() {
  const base = await startSealedDatabase();
  const { database, superuser, work } = base;

  const seal = (tenant: TenantContext, batchSize = 512) => sealAudit({ ...work, batchSize }, tenant.tenantId);

  return {
    ...base,
    seal,
    /** Writes entries by one statement. */
    write: (tenant: TenantContext, count: number): Promise<void> =>
      database.withTenant(tenant, (session) =>
        recordAudits(
          session,
          tenant,
          Array.from({ length: count }, (_, number) => ({
            ...{ action: 'project.updated', entity: 'project', entityId: `project ${number}` },
            ...{ before: { name: 'Website' }, after: { name: 'Shop', number } },
          })),
        ),
      ),
    async sealAll(tenant: TenantContext, batchSize = 512): Promise<void> {
      while ((await seal(tenant, batchSize)) !== 0);
    },
    /** From the beginning to the end, in as many answers as that takes. */
    async verify(
      tenant: TenantContext,
      { stepSize = 1_000, stepMs, ...given }: Given & { stepSize?: number; stepMs?: number } = {},
    ) {
      const faults: Verification['faults'] = [];
      for (let asked = given; ; ) {
        const found = await verifyJournal({ ...work, stepSize, ...(stepMs && { stepMs }) }, tenant, asked);
        faults.push(...found.faults);
        if (found.next === undefined) return { ...found, faults };
        asked = { from: found.next };
      }
    },
    /** One answer, which is given when a single step is done. */
    verifyStep: (tenant: TenantContext, stepSize: number, given: Given = {}) =>
      verifyJournal({ ...work, stepSize, budgetMs: 0 }, tenant, given),
    /** Runs statements past every trigger; $1 is the tenant in each of them. */
    tamper: ({ tenantId }: TenantContext, ...statements: string[]): Promise<void> =>
      tamperWith(superuser, tenantId, statements),
  };
}

/** That a verification has found nothing, in so many audit entries. */
export const isValid = (auditEntries: number) => ({
  ...{ faults: [], auditEntries, auditSealed: auditEntries, auditUnsealed: 0, next: undefined },
});
