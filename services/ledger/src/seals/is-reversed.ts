/**
 * Whether the reversal that is noted, as `noted`, is in the journal. `offset 0` keeps it a lookup, as in all of these
 * statements; $1 is the tenant.
 */
export const isMade = `exists (
      select from journal_entries as reversal
      where reversal.tenant_id = $1 and reversal.recorded_at = noted.recorded_at and reversal.id = noted.reversal_id
        and reversal.kind = 'reversal' and reversal.reverses_entry_id = noted.entry_id offset 0
    )`;

/**
 * Whether an entry was taken back: by an entry that is in the journal, which its seal vouches for, and not only in the note
 * of it.
 */
export const isReversed = (entryId: string): string => `exists (
    select from reversals as noted where noted.tenant_id = $1 and noted.entry_id = ${entryId} and ${isMade} offset 0
  )`;
