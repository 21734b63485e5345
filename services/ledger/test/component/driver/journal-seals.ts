import { newId, type TenantContext } from '@outlay/platform';
import { type JournalEntry, openingOf } from '../../../src/domain/journal-entry.ts';
import { sealJournal } from '../../../src/seals/seal-journal.ts';
import { verifyJournal } from '../../../src/seals/verify-journal.ts';
import { insertEntries } from '../../../src/store/journal.ts';
import { auditNewAccounts } from './audited-accounts.ts';
import { startSealedDatabase } from './sealed-database.ts';

export type JournalSeals = Awaited<ReturnType<typeof startJournalSeals>>;

/** A ledger's database without its processes: books opening balances, seals and verifies them, and lets a superuser at them. */
export async function startJournalSeals() {
  const base = await startSealedDatabase();
  const { database, work } = base;

  const seal = (tenant: TenantContext, batchSize = 512) => sealJournal({ ...work, batchSize }, tenant.tenantId);

  return {
    ...base,
    seal,
    /** Books opening balances, and the accounts that show them; or takes some back, and has the accounts show none. */
    book: (tenant: TenantContext, entries: readonly JournalEntry[]) =>
      database.withTenant(tenant, async (session) => {
        await session.query(
          `insert into tenants (tenant_id, currency, entitlements_version) values ($1, 'EUR', 1) on conflict do nothing`,
          [tenant.tenantId],
        );
        const values = [tenant.tenantId, JSON.stringify(entries.map(toShown))];
        await session.query(
          `insert into accounts (tenant_id, id, name, kind, currency, opening_minor, opening_date, opening_entry_id)
           select $1, row.account, row.account, 'other', 'EUR', row.minor, row.day, row.entry
           from json_to_recordset($2::json) as row (account uuid, minor bigint, day date, entry uuid)
           where row.entry is not null`,
          values,
        );
        await session.query(auditNewAccounts(tenant.tenantId));
        await insertEntries(session, entries);
        await session.query(
          `update accounts set opening_minor = null, opening_date = null, opening_entry_id = null
           from json_to_recordset($2::json) as row (account uuid, entry uuid)
           where accounts.tenant_id = $1 and accounts.id = row.account and row.entry is null`,
          values,
        );
      }),
    async sealAll(tenant: TenantContext, batchSize = 512): Promise<void> {
      while ((await seal(tenant, batchSize)) !== 0);
    },
    /** One answer, which ends at the end where there is time. */
    verify: (tenant: TenantContext, stepSize = 1_000) => verifyJournal({ ...work, stepSize }, tenant, {}),
  };
}

const toShown = ({ id, kind, amount, effectiveDate, postings }: JournalEntry) => ({
  ...{ account: postings[0]!.ledgerAccountId, minor: amount.amountMinor.toString(), day: effectiveDate },
  entry: kind === 'opening' ? id : undefined,
});

/** So many opening balances, each of an account of its own. */
export const entriesOf = (count: number): JournalEntry[] =>
  Array.from({ length: count }, () =>
    openingOf(
      { amount: { currency: 'EUR', amountMinor: 100n }, date: '2025-01-15' },
      { entryId: newId(), accountId: newId() },
    ),
  );

/** That a verification has found nothing, in so many journal entries, all of them sealed. */
export const isValid = (entries: number) => ({ faults: [], entries, sealed: entries, unsealed: 0, next: undefined });
