import { enqueueEvents } from '@outlay/messaging';
import { type Database, newId, type Session, type TenantId } from '@outlay/platform';
import { isOfLedger } from '../store/instants.ts';
import { markUsageChanged } from '../usage/usage-store.ts';
import type { JournalRecord } from './chain/entry-hash.ts';
import { journalChain } from './chain/journal-chain.ts';
import { sealInOrder } from './chain/seal.ts';
import type { SealKey } from './chain/seal-key.ts';
import { entryColumns, type JournalRow, postingsOf, toJournalRecord } from './journal-row.ts';
import { storeSeals, takeTurn } from './seal-store.ts';
import { headOf } from './sealed-event.ts';

/** What sealing takes. */
export interface SealingWork {
  database: Database;
  key: SealKey;
  /** Entries sealed in one transaction; 512 unless set. */
  batchSize?: number;
}

export const batchSizeDefault = 512;

/**
 * Seals the tenant's next entries, in one transaction with the event outlay.ledger.journal.sealed.v1 that tells the world
 * where the chain stands. Any number of processes may do it at once: one has the chain, the others are told `busy`. An
 * entry is sealed once, whatever crashes in between. What somebody has queued of an instant that no ledger has written is taken
 * off without a seal, so that it is found to have none. Answers how many were sealed, or how many rows of the
 * queue were done with, where that is more.
 */
export function sealJournal(work: SealingWork, tenantId: TenantId): Promise<number | 'busy'> {
  const { batchSize = batchSizeDefault } = work;
  return work.database.withTenant({ tenantId }, async (session) => {
    const turn = await takeTurn(session, 'journal', batchSize);
    if (turn === undefined) return 'busy';
    if (turn.waiting.length === 0) return 0;
    const sealable = turn.waiting.filter((row) => isOfLedger(row.recorded_at));
    const instants = [...new Set(sealable.map((row) => row.recorded_at))];
    const found = await readUnsealed(session, instants, batchSize + 1);
    const entries = found.slice(0, batchSize).filter((entry, index) => !isSame(entry, found[index - 1]));
    const seals = sealInOrder(journalChain(tenantId), turn.head, entries, { key: work.key, sealedAt: turn.sealedAt });
    const open = found[batchSize]?.recordedAt;
    const doneInstants = new Set(open === undefined ? instants : instants.slice(0, instants.indexOf(open)));
    const isDone = ({ recorded_at }: { recorded_at: string }) =>
      doneInstants.has(recorded_at) || !isOfLedger(recorded_at);
    const doneIds = turn.waiting.filter(isDone).map((row) => row.id);
    await storeSeals(session, seals, doneIds);
    const last = seals.at(-1);
    if (last !== undefined) {
      await enqueueEvents(session, { requestId: newId() }, [
        { type: 'outlay.ledger.journal.sealed.v1', ...headOf(tenantId, seals, last) },
      ]);
      // Whatever was booked is committed by now, and its usage counted: who tells of that is told so here, and nobody who
      // books has to.
      await markUsageChanged(session);
    }
    return Math.max(seals.length, doneIds.length);
  });
}

/** An entry that somebody has put in again gets one seal, as there can be no other of it. */
const isSame = (entry: JournalRecord, previous: JournalRecord | undefined): boolean =>
  entry.id === previous?.id && entry.recordedAt === previous.recordedAt;

async function readUnsealed(session: Session, instants: readonly string[], limit: number): Promise<JournalRecord[]> {
  if (instants.length === 0) return [];
  const { rows } = await session.query<JournalRow>(unsealedStatement, [session.tenantId, instants, limit]);
  return rows.map(toJournalRecord);
}

// An instant may have been sealed in part, and two transactions may share one: hence the look at each entry's seal.
const unsealedStatement = {
  name: 'read_unsealed_entries',
  text: `
select ${entryColumns}, ${postingsOf('entry')}
from unnest($2::timestamptz[]) with ordinality as instant (recorded_at, position)
cross join lateral (
  select journal_entries.id, journal_entries.recorded_at, journal_entries.effective_date, journal_entries.kind,
    journal_entries.expense_id, journal_entries.reverses_entry_id, journal_entries.currency,
    journal_entries.amount_minor, journal_entries.rate, journal_entries.rate_source, journal_entries.rate_date
  from journal_entries
  where journal_entries.tenant_id = $1 and journal_entries.recorded_at = instant.recorded_at
    and not exists (
      select from journal_seals as seal
      where seal.tenant_id = $1 and seal.entry_recorded_at = journal_entries.recorded_at
        and seal.entry_id = journal_entries.id
      offset 0
    )
  order by journal_entries.id
  limit $3
) as entry
order by instant.position, entry.id
limit $3`,
};
