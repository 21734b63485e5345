import type { Session } from '@outlay/platform';

/** Up to where the segments answer a question about an instant; what is behind them is read from the journal. */
export interface JournalCut {
  /** The instant that is asked about. */
  knownAsOf: string;
  /** Number of the last segment that had been recorded by then; 0: none. */
  segment: number;
  recordedThrough: string;
  /** Whether enough lies behind the segments for one more. */
  isLong: boolean;
}

/** About as many postings as a segment holds, and at most twice as many are read from the journal for an answer. */
export const segmentSize = 10_000;

/** Reads where the journal is cut for an instant. To be read in the transaction that relies on it. */
export async function readCut(session: Session, knownAsOf: string): Promise<JournalCut> {
  const { rows: segments } = await session.query<{ number: number; through: string }>(cutStatement, [
    session.tenantId,
    knownAsOf,
  ]);
  const { number: segment = 0, through: recordedThrough = '-infinity' } = segments[0] ?? {};
  const { rows: behind } = await session.query(behindStatement, [
    session.tenantId,
    knownAsOf,
    recordedThrough,
    segmentSize,
  ]);
  return { knownAsOf, segment, recordedThrough, isLong: behind.length > 0 };
}

// An instant becomes text and is read again by the next statement: it must not lose its microseconds.
//
// The statements that follow in the transaction read short stretches of indexes. The planner cannot know how short: it would
// read all postings of all tenants for the sake of one (measured with 100,000: 44 ms in place of 6); and where its
// statistics are older than the stretch, it takes that for empty and would join it with itself row by row. `off` makes
// both the last resort, not impossible.
const cutStatement = {
  name: 'read_journal_cut',
  text: `
select coalesce(last.number, 0) as number, coalesce(last.recorded_through, '-infinity')::text as through,
  set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'off', true)
from (select) as one
left join lateral (
  select segment.number, segment.recorded_through from journal_segments as segment
  where segment.tenant_id = $1 and segment.recorded_through <= $2
  order by segment.recorded_through desc
  limit 1
) as last on true`,
};

const behindStatement = {
  name: 'read_behind_segments',
  text: `
select posting.recorded_at
from postings as posting
where posting.tenant_id = $1 and posting.recorded_at > $3 and posting.recorded_at <= $2
offset $4 limit 1`,
};
