import type { ChainStart } from './chain/examine-seals.ts';
import type { ChainHead } from './chain/seal.ts';
import type { JournalFault } from './chain/verify-seals.ts';
import type { GroupPosition, TrailPosition } from './read-audit.ts';
import type { RememberedHead } from './read-chain.ts';
import type { JournalPosition } from './read-journal.ts';
import type { AuditedReference } from './reference-statements.ts';

/** What a verification counts, and what it is of. */
export interface VerificationCounts {
  entries: number;
  sealed: number;
  unsealed: number;
  oldest: string | undefined;
  auditEntries: number;
  auditSealed: number;
  auditUnsealed: number;
  expenses: number;
  accounts: number;
  references: number;
  bound: VerificationBound;
}

/** How far a verification has got, and what it has counted until there. */
export type VerificationPosition = VerificationCounts &
  (
    | { phase: 'seals'; head: ChainStart }
    | { phase: 'journal'; after: JournalPosition }
    | { phase: 'audit_seals'; head: ChainStart }
    | { phase: 'audit_groups'; group: GroupPosition }
    | { phase: 'audit_trail'; place: TrailPosition }
    | { phase: 'expenses'; afterId: string }
    | { phase: 'accounts'; afterId: string }
    | { phase: 'references'; of: AuditedReference; afterId: string }
    | { phase: 'segments'; afterNumber: number }
  );

/** A position in one of the phases. */
export type PositionIn<Phase extends VerificationPosition['phase']> = Extract<VerificationPosition, { phase: Phase }>;

/** The journal and the audit trail that a verification is of: those of the moment when it began, however long it takes. */
export interface VerificationBound extends RememberedHead {
  audit: RememberedHead;
  recordedAt: string;
}

/** What was read in one transaction, to be examined after it. */
export interface Step {
  examine: () => Promise<readonly JournalFault[]>;
  counted: VerificationPosition;
  next: VerificationPosition | undefined;
}

/** What goes on from one phase to the next. */
export const countsOf = (position: VerificationCounts): VerificationCounts => ({
  ...{ entries: position.entries, sealed: position.sealed, unsealed: position.unsealed, oldest: position.oldest },
  ...{ auditEntries: position.auditEntries, auditSealed: position.auditSealed, auditUnsealed: position.auditUnsealed },
  ...{ expenses: position.expenses, accounts: position.accounts, references: position.references },
  bound: position.bound,
});

/** A chain's head as a cursor carries it: without the newest seal's place and hash where they are its own. */
export interface ShortHead extends ChainHead {
  newest?: Partial<ChainHead> & { sealedAt: string };
}

/** The same position without what it says twice, as all of it goes into an address. */
export const shorten = ({ bound, ...position }: VerificationPosition) => ({
  ...position,
  bound: { ...toShort(bound), audit: toShort(bound.audit), recordedAt: bound.recordedAt },
});

function toShort({ sequence, hash, newest }: RememberedHead): ShortHead {
  if (newest === undefined) return { sequence, hash };
  const isSame = newest.sequence === sequence && newest.hash.equals(hash);
  return { sequence, hash, newest: isSame ? { sealedAt: newest.sealedAt } : newest };
}

/** A head as it was before it was made short, along with what else is said of it. */
export const toWhole = <Head extends ShortHead>({ newest, ...head }: Head) => ({
  ...head,
  newest: newest && { sequence: head.sequence, hash: head.hash, ...newest },
});
