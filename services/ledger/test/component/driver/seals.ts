import type { ledger } from '@outlay/contracts';
import { eventually } from '@outlay/testkit';
import type { TestLedger, TestTenant } from './start-ledger.ts';

/** That nobody has kept a head. */
export const noHeads = { sequence: 0n, hash: '', auditSequence: 0n, auditHash: '' };

/** Holds a tenant's journal and audit trail against their seals, part by part to the end, as its owner. */
export async function verify(
  { client }: Pick<TestLedger, 'client'>,
  tenant: TestTenant,
  kept: Partial<ledger.VerifyJournalRequest> = {},
): Promise<ledger.VerifyJournalResponse> {
  const faults: ledger.JournalFault[] = [];
  for (let cursor = ''; ; ) {
    const answer = await client.verifyJournal(tenant.owner, { ...noHeads, ...kept, cursor });
    faults.push(...answer.faults);
    cursor = answer.nextCursor;
    if (cursor === '') return { ...answer, faults };
  }
}

/** Waits until nothing of a tenant waits for its seal, and answers what a verification says then. */
export const sealed = (ledger: Pick<TestLedger, 'client'>, tenant: TestTenant): Promise<ledger.VerifyJournalResponse> =>
  eventually(
    async () => {
      const answer = await verify(ledger, tenant);
      const { entries, sealed, unsealed, auditEntries, auditSealed, auditUnsealed } = answer;
      if (unsealed > 0n || entries !== sealed) throw new Error(`${unsealed} wait`);
      if (auditUnsealed > 0n || auditEntries !== auditSealed) throw new Error(`${auditUnsealed} audit entries wait`);
      return answer;
    },
    { timeoutMs: 20_000 },
  );

/** The whole journal with its seals, page by page. */
export async function journalOf(
  { client }: Pick<TestLedger, 'client'>,
  tenant: TestTenant,
  limit = 200,
): Promise<ledger.JournalItem[]> {
  const items: ledger.JournalItem[] = [];
  for (let cursor = ''; ; ) {
    const answer = await client.listJournal(tenant.owner, { page: { limit, cursor } });
    items.push(...answer.items);
    cursor = answer.page?.nextCursor ?? '';
    if (cursor === '') return items;
  }
}
