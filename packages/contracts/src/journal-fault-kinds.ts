/** What can be wrong with any chain, or with what it seals. */
const chainFaultKinds = [
  'changed',
  'missing',
  'inserted',
  'reordered',
  'seal_changed',
  'seal_missing',
  'rewritten',
  'unproved',
  'head_mismatch',
] as const;

/** What a chain of seals can find of itself and of what it seals. */
export type ChainFaultKind = (typeof chainFaultKinds)[number];

/** What a verification of the journal can find; docs/journal-seals.md says what each kind means. */
export const journalFaultKinds = [
  ...chainFaultKinds,
  'audit_changed',
  'audit_missing',
  'audit_inserted',
  'audit_reordered',
  'audit_seal_changed',
  'audit_seal_missing',
  'audit_rewritten',
  'audit_unproved',
  'audit_head_mismatch',
  'expense_changed',
  'expense_unbooked',
  'expense_missing',
  'expense_unaudited',
  'opening_changed',
  'opening_unbooked',
  'opening_missing',
  'reference_changed',
  'reference_missing',
  'reference_unaudited',
  'reversal_lost',
  'segment_changed',
] as const;

/** The kind of a fault that a verification answers. */
export type JournalFaultKind = (typeof journalFaultKinds)[number];
