import type { access, ledger } from '@outlay/contracts';
import { decodeCursor, encodeCursor, parseInput, parsePage, type ServiceHandlers, toPageInfo } from '@outlay/platform';
import { z } from 'zod';
import { createTenantPlaces } from '../application/tenant-places.ts';
import { anyInstant, instant } from '../store/instants.ts';
import type { JournalRecord } from './chain/entry-hash.ts';
import type { ChainHead } from './chain/seal.ts';
import type { JournalFault } from './chain/verify-seals.ts';
import { type JournalItem, type ListingPosition, listJournal } from './list-journal.ts';
import { sequenceMax } from './read-chain.ts';
import { auditedReferences } from './reference-statements.ts';
import { shorten, toWhole, type VerificationPosition } from './verification-step.ts';
import { type VerificationWork, verifyJournal } from './verify-journal.ts';

type Rpc = 'verifyJournal' | 'listJournal';

/** More of one tenant would only keep each other, and everybody else, from getting anywhere in their time. */
const verificationsAtOnce = { ofTenant: 2 };

/** The RPCs of the seals, to be bound with those of the rest of the ledger. */
export function createSealHandlers(
  work: VerificationWork,
): Pick<ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>, Rpc> {
  const places = createTenantPlaces(verificationsAtOnce);
  return {
    verifyJournal: async (context, request) => {
      const { cursor: from } = parseInput(z.object({ cursor: verificationCursor }), request);
      const [kept, keptAudit] = [parseKept(request), parseKeptAudit(request)];
      const found = await places.within(context.tenantId, () =>
        verifyJournal(work, context, { from, kept, keptAudit }),
      );
      return {
        faults: found.faults.map(toFaultMessage),
        entries: BigInt(found.entries),
        sealed: BigInt(found.sealed),
        unsealed: BigInt(found.unsealed),
        oldestUnsealedAt: toDate(found.oldestUnsealedAt),
        expenses: BigInt(found.expenses),
        accounts: BigInt(found.accounts),
        references: BigInt(found.references),
        auditEntries: BigInt(found.auditEntries),
        auditSealed: BigInt(found.auditSealed),
        auditUnsealed: BigInt(found.auditUnsealed),
        head: toHeadMessage(found.head),
        auditHead: toHeadMessage(found.auditHead),
        nextCursor: found.next === undefined ? '' : encodeCursor(shorten(found.next), verification),
      };
    },
    listJournal: async (context, request) => {
      const page = parsePage(request.page, listingPosition);
      const { items, head, rememberedHead, next } = await listJournal(work, context, page);
      return {
        items: items.map(toItemMessage),
        page: toPageInfo(page.limit, next !== undefined, next),
        head: toHeadMessage(head),
        rememberedHead: toHeadMessage(rememberedHead),
        keys: [...work.key.publicKeys].map(([id, publicKey]) => ({ id, publicKey })),
      };
    },
  };
}

const count = z.int().min(0);
const sequence = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt)
  .pipe(z.bigint().max(sequenceMax));
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')
  .transform((hex) => Buffer.from(hex, 'hex'));
const place = z.strictObject({ recordedAt: anyInstant, id: z.guid() });
/** What stands in the row of a seal, though it may be no hash at all. */
const storedHash = z
  .string()
  .regex(/^(?:[0-9a-f]{2}){0,1024}$/)
  .transform((hex) => Buffer.from(hex, 'hex'));
const chainStart = z.strictObject({ sequence, hash: storedHash, isUnproved: z.boolean().optional() });
const trailPlace = z.strictObject({ id: z.guid(), recordedAt: anyInstant });
const group = z.strictObject({ sequence, position: z.int32().min(0) });
const newest = z.strictObject({ sequence: sequence.optional(), hash: storedHash.optional(), sealedAt: anyInstant });
const remembered = { sequence, hash: storedHash, newest: newest.optional() };
const audit = z.strictObject(remembered).transform(toWhole);
const bound = z.strictObject({ ...remembered, audit, recordedAt: instant }).transform(toWhole);
const counts = {
  ...{ entries: count, sealed: count, unsealed: count, oldest: anyInstant.optional(), bound },
  ...{ auditEntries: count, auditSealed: count, auditUnsealed: count },
  ...{ expenses: count.default(0), accounts: count.default(0), references: count.default(0) },
};
const verificationPosition = z.discriminatedUnion('phase', [
  z.strictObject({ ...counts, phase: z.literal('seals'), head: chainStart }),
  z.strictObject({ ...counts, phase: z.literal('journal'), after: place }),
  z.strictObject({ ...counts, phase: z.literal('audit_seals'), head: chainStart }),
  z.strictObject({ ...counts, phase: z.literal('audit_groups'), group }),
  z.strictObject({ ...counts, phase: z.literal('audit_trail'), place: trailPlace }),
  z.strictObject({ ...counts, phase: z.literal('expenses'), afterId: z.guid() }),
  z.strictObject({ ...counts, phase: z.literal('accounts'), afterId: z.guid() }),
  z.strictObject({ ...counts, phase: z.literal('references'), of: z.enum(auditedReferences), afterId: z.guid() }),
  z.strictObject({ ...counts, phase: z.literal('segments'), afterNumber: z.int32().min(0) }),
]);
const listingPosition: z.ZodType<ListingPosition> = z.union([z.strictObject({ sequence }), place]);

// A head kept from earlier is looked at when a verification begins, and need not be repeated.
const verification = 'VerifyJournal';

const verificationCursor = z.string().transform((text, check): VerificationPosition | undefined => {
  if (text === '') return undefined;
  const parsed = verificationPosition.safeParse(decodeCursor(text, verification));
  if (parsed.success) return parsed.data as VerificationPosition;
  check.addIssue({ code: 'custom', message: 'is not a cursor of this operation', params: { code: 'cursor_invalid' } });
  return z.NEVER;
});

const ofSeal = z.bigint().min(1n, 'must be that of a seal');

function parseKept(request: { sequence: bigint; hash: string }) {
  if (request.sequence === 0n && request.hash === '') return undefined;
  return parseInput(z.object({ sequence: ofSeal, hash }), request);
}

function parseKeptAudit({ auditSequence, auditHash }: { auditSequence: bigint; auditHash: string }) {
  if (auditSequence === 0n && auditHash === '') return undefined;
  // By the names that clients know, as what is wrong is said of them.
  const fields = z.object({ audit_sequence: ofSeal, audit_hash: hash });
  const kept = parseInput(fields, { audit_sequence: auditSequence, audit_hash: auditHash });
  return { sequence: kept.audit_sequence, hash: kept.audit_hash };
}

const toHeadMessage = (head: (ChainHead & { sealedAt?: string }) | undefined): ledger.JournalHead => ({
  sequence: head?.sequence ?? 0n,
  hash: head?.hash.toString('hex') ?? '',
  sealedAt: toDate(head?.sealedAt),
});

/** Undefined also of an instant that the ledger never wrote, which nothing but the faults speaks of. */
const toDate = (at: string | undefined): Date | undefined =>
  at !== undefined && instant.safeParse(at).success ? new Date(at) : undefined;

const toFaultMessage = (fault: JournalFault): ledger.JournalFault => ({
  ...{ expenseId: '', accountId: '', auditEntryId: '', entity: '', entityId: '' },
  ...fault,
});

const toItemMessage = ({ seal, entry, isWaiting }: JournalItem): ledger.JournalItem => ({
  seal: seal && {
    ...seal,
    entryHash: seal.entryHash.toString('hex'),
    previousHash: seal.previousHash.toString('hex'),
    hash: seal.hash.toString('hex'),
    signature: seal.signature.toString('hex'),
  },
  entry: entry && toEntryMessage(entry),
  isWaiting,
});

const toEntryMessage = (entry: JournalRecord): ledger.JournalEntry => ({
  ...entry,
  postings: entry.postings.map((posting) => ({ ...posting })),
});
