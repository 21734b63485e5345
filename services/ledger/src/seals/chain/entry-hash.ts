import { createHash } from 'node:crypto';

/** A journal entry with its postings exactly as they are stored; docs/journal-seals.md says how each field is written. */
export interface JournalRecord {
  readonly id: string;
  /** UTC with microseconds: 2025-01-15T10:30:00.123456Z. */
  readonly recordedAt: string;
  readonly effectiveDate: string;
  readonly kind: string;
  /** Empty of an opening balance. */
  readonly expenseId: string;
  /** Empty unless it is a reversal. */
  readonly reversesEntryId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly rate: string;
  readonly rateSource: string;
  readonly rateDate: string;
  /** In the order of their lines. */
  readonly postings: readonly RecordedPosting[];
}

export interface RecordedPosting {
  readonly line: number;
  readonly ledgerAccountId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** SHA-256 of what stands in an entry and its postings. */
export function entryHashOf(tenantId: string, entry: JournalRecord): Buffer {
  const lines = [
    'outlay journal entry 1',
    tenantId,
    entry.id,
    entry.recordedAt,
    entry.effectiveDate,
    entry.kind,
    entry.expenseId,
    entry.reversesEntryId,
    entry.currency,
    entry.amountMinor,
    entry.rate,
    entry.rateSource,
    entry.rateDate,
    ...entry.postings.map(
      ({ line, ledgerAccountId, currency, amountMinor }) => `${line} ${ledgerAccountId} ${currency} ${amountMinor}`,
    ),
  ];
  return createHash('sha256')
    .update(`${lines.join('\n')}\n`)
    .digest();
}
