import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { calendarDate, currency, instant, renderOptionalInstant, uuid } from './common.ts';

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

/** SHA-256 in hexadecimal. */
export const hash = hex(64);

const sequence = z.int().min(1);

export const preciseInstant = z
  .string()
  .regex(/^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .meta({ description: 'UTC with microseconds.' });

export const minorUnits = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ description: 'Minor units of the currency.' });

const head = z
  .strictObject({
    sequence,
    hash,
    sealed_at: instant.nullable().meta({ description: 'Null where what the seal says is no instant of ours.' }),
  })
  .meta({ id: 'JournalHead', description: 'The newest seal: keep it, and ask later whether it is still there.' });

const faultKinds = [
  'changed',
  'missing',
  'inserted',
  'reordered',
  'seal_changed',
  'seal_missing',
  'rewritten',
  'unproved',
  'head_mismatch',
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

const fault = z
  .strictObject({
    kind: z.enum(faultKinds),
    entry_id: uuid.nullable().meta({ description: 'Null where no entry can be named.' }),
    sequence: sequence.nullable().meta({
      description:
        'Null where no seal can be named. Of kinds that begin with `audit_` it is that of a seal of the audit trail.',
    }),
    expense_id: uuid.nullable().meta({
      description:
        'The expense that is not what the journal or the audit trail says. Null where it is about something else.',
    }),
    account_id: uuid.nullable().meta({
      description:
        'The account that is not what the audit trail says, or whose opening balance is not what the journal says. Null ' +
        'where it is about something else.',
    }),
    audit_entry_id: uuid.nullable().meta({
      description: 'The audit entry that is not as it was sealed. Null where none can be named.',
    }),
    entity: z
      .enum(['category', 'account', 'project', 'exchange_rate', 'tenant'])
      .nullable()
      .meta({ description: 'What is not what the audit trail says. Null where it is about something else.' }),
    entity_id: uuid.nullable().meta({ description: 'Of that. Null where it is about something else.' }),
    detail: z.string(),
  })
  .meta({ id: 'JournalFault' });

export const verificationSchema = z
  .strictObject({
    status: z.enum(['valid', 'broken']).meta({ description: 'Of the part that this answer is about.' }),
    entries: z.int().meta({
      description:
        'Journal entries counted so far; 0 until all seals have been looked at, and then those sealed and those not. All ' +
        'answers by one cursor count the journal of the moment when the first was asked for.',
    }),
    sealed: z.int().meta({ description: 'Seals counted so far.' }),
    unsealed: z.int().meta({ description: 'Entries counted so far that wait for their seal.' }),
    oldest_unsealed_at: instant.nullable().meta({
      description: 'When the oldest entry was recorded that waits for its seal, of the journal or of the audit trail.',
    }),
    expenses: z.int().meta({
      description:
        'Expenses held against their journal entries so far, reversed ones included; 0 until the journal has been looked at.',
    }),
    accounts: z.int().meta({
      description:
        'Accounts held against the entries of their opening balances so far, archived ones included; 0 until the expenses ' +
        'have been looked at.',
    }),
    references: z.int().meta({
      description:
        'Categories, accounts, projects and exchange rates held against the audit trail so far, archived and withdrawn ' +
        'ones included; 0 until the opening balances have been looked at.',
    }),
    audit_entries: z.int().meta({
      description: 'Entries of the audit trail counted so far; 0 until each one that is sealed has been looked at.',
    }),
    audit_sealed: z.int().meta({
      description:
        'Entries of the audit trail held against their seals so far; 0 until the journal has been looked at.',
    }),
    audit_unsealed: z
      .int()
      .meta({ description: 'Entries of the audit trail counted so far that wait for their seal.' }),
    head: head.nullable().meta({ description: 'Null: nothing is sealed yet.' }),
    audit_head: head.nullable().meta({
      description: 'The newest seal of the audit trail, which has a chain of its own. Null: nothing is sealed yet.',
    }),
    faults: z.array(fault),
    next_cursor: z.string().nullable().meta({ description: 'Null: everything has been looked at.' }),
  })
  .meta({
    id: 'JournalVerification',
    description:
      'What holding the journal and the audit trail against their seals, the expenses, the opening balances and the segments ' +
      'that the books are read from against the journal, and expenses, what they refer to and rates against the audit trail, ' +
      'has found.',
  });

const posting = z
  .strictObject({ line: z.int(), ledger_account_id: uuid, currency, amount_minor: minorUnits })
  .meta({ id: 'JournalPosting' });

const entry = z
  .strictObject({
    id: uuid,
    recorded_at: preciseInstant,
    effective_date: calendarDate.nullable(),
    kind: z.string().nullable().meta({ description: 'Null, and all but the postings: there is no entry by this id.' }),
    expense_id: uuid.nullable().meta({ description: 'Null of an opening balance too.' }),
    reverses_entry_id: uuid.nullable(),
    currency: currency.nullable(),
    amount_minor: minorUnits.nullable(),
    rate: z.string().nullable(),
    rate_source: z.string().nullable(),
    rate_date: calendarDate.nullable(),
    postings: z.array(posting),
  })
  .meta({ id: 'JournalEntry' });

const seal = z
  .strictObject({
    sequence,
    entry_id: uuid,
    entry_recorded_at: preciseInstant,
    entry_hash: hash,
    previous_hash: hash,
    hash,
    sealed_at: preciseInstant,
    key_id: z.string().nullable().meta({ description: "Null: a later seal's signature stands for this one." }),
    signature: z.string().nullable().meta({ description: 'Ed25519 over the hash.' }),
  })
  .meta({ id: 'JournalSeal' });

const item = z
  .strictObject({
    seal: seal.nullable().meta({ description: 'Null: the entry has none.' }),
    entry: entry.nullable().meta({ description: 'Null: the sealed entry is gone.' }),
    is_waiting: z.boolean().meta({ description: 'Whether an entry without a seal waits for one.' }),
  })
  .meta({ id: 'JournalItem' });

export const journalPageSchema = z
  .strictObject({
    tenant_id: uuid,
    head: head.nullable(),
    keys: z
      .array(z.strictObject({ id: hex(16), public_key: hash }).meta({ id: 'SealPublicKey' }))
      .meta({ description: 'What seals are signed with, the present key first.' }),
    data: z.array(item),
    pagination: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean(), limit: z.int() }),
  })
  .meta({ id: 'JournalPage' });

const headExample = {
  sequence: 5222,
  hash: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  sealed_at: '2025-02-01T07:00:05.000Z',
};

export const verificationExample: z.input<typeof verificationSchema> = {
  status: 'broken',
  entries: 5222,
  sealed: 5222,
  unsealed: 0,
  oldest_unsealed_at: null,
  expenses: 4810,
  accounts: 12,
  references: 61,
  audit_entries: 6170,
  audit_sealed: 6170,
  audit_unsealed: 0,
  head: headExample,
  audit_head: {
    sequence: 1204,
    hash: '5b1f0e9aa4c1fd2f2a4c05e3e36bd7c1f86a9b1ac0c2d7d4f6f1b6be6d6a7a31',
    sealed_at: '2025-02-01T07:00:05.100Z',
  },
  faults: [
    {
      kind: 'changed',
      entry_id: '0197a3c0-5555-7000-8000-000000000001',
      sequence: 17,
      expense_id: null,
      account_id: null,
      audit_entry_id: null,
      entity: null,
      entity_id: null,
      detail: 'The entry or its postings are not what was sealed',
    },
    {
      kind: 'expense_changed',
      entry_id: '0197a3c0-5555-7000-8000-000000000002',
      sequence: null,
      expense_id: '0197a3c0-2222-7000-8000-000000000002',
      account_id: null,
      audit_entry_id: null,
      entity: null,
      entity_id: null,
      detail: 'The expense is not what its journal entry says: booked amount',
    },
    {
      kind: 'reference_changed',
      entry_id: null,
      sequence: null,
      expense_id: null,
      account_id: null,
      audit_entry_id: null,
      entity: 'project',
      entity_id: '0197a3c0-3333-7000-8000-000000000003',
      detail: 'The project is not what its audit entry says: name, code',
    },
    {
      kind: 'audit_changed',
      entry_id: null,
      sequence: 803,
      expense_id: null,
      account_id: null,
      audit_entry_id: '0197a3c0-7777-7000-8000-000000000003',
      entity: null,
      entity_id: null,
      detail: 'The audit entry is not what was sealed',
    },
  ],
  next_cursor: null,
};

export const journalPageExample: z.input<typeof journalPageSchema> = {
  tenant_id: '0197a3c0-0000-7000-8000-000000000001',
  head: headExample,
  keys: [{ id: '1f3870be274f6c49', public_key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a' }],
  data: [],
  pagination: { next_cursor: null, has_more: false, limit: 50 },
};

const renderHead = (given: ledger.JournalHead | undefined): z.input<typeof head> | null =>
  given === undefined || given.sequence === 0n
    ? null
    : {
        sequence: Number(given.sequence),
        hash: given.hash,
        sealed_at: renderOptionalInstant(given.sealedAt),
      };

export const renderVerification = (found: ledger.VerifyJournalResponse): z.input<typeof verificationSchema> => ({
  status: found.faults.length === 0 ? 'valid' : 'broken',
  entries: Number(found.entries),
  sealed: Number(found.sealed),
  unsealed: Number(found.unsealed),
  oldest_unsealed_at: renderOptionalInstant(found.oldestUnsealedAt),
  expenses: Number(found.expenses),
  accounts: Number(found.accounts),
  references: Number(found.references),
  audit_entries: Number(found.auditEntries),
  audit_sealed: Number(found.auditSealed),
  audit_unsealed: Number(found.auditUnsealed),
  head: renderHead(found.head),
  audit_head: renderHead(found.auditHead),
  faults: found.faults.map((given) => ({
    kind: given.kind as (typeof faultKinds)[number],
    entry_id: given.entryId || null,
    sequence: given.sequence === 0n ? null : Number(given.sequence),
    expense_id: given.expenseId || null,
    account_id: given.accountId || null,
    audit_entry_id: given.auditEntryId || null,
    entity: (given.entity || null) as z.input<typeof fault>['entity'],
    entity_id: given.entityId || null,
    detail: given.detail,
  })),
  next_cursor: found.nextCursor || null,
});

export const renderJournalPage = (
  page: ledger.ListJournalResponse,
  tenantId: string,
  limit: number,
): z.input<typeof journalPageSchema> => ({
  tenant_id: tenantId,
  head: renderHead(page.head),
  keys: page.keys.map(({ id, publicKey }) => ({ id, public_key: publicKey })),
  data: page.items.map((given) => ({
    seal: given.seal ? renderSeal(given.seal) : null,
    entry: given.entry ? renderEntry(given.entry) : null,
    is_waiting: given.isWaiting,
  })),
  pagination: { next_cursor: page.page?.nextCursor || null, has_more: page.page?.hasMore ?? false, limit },
});

const renderSeal = (given: ledger.JournalSeal): z.input<typeof seal> => ({
  sequence: Number(given.sequence),
  entry_id: given.entryId,
  entry_recorded_at: given.entryRecordedAt,
  entry_hash: given.entryHash,
  previous_hash: given.previousHash,
  hash: given.hash,
  sealed_at: given.sealedAt,
  key_id: given.keyId || null,
  signature: given.signature || null,
});

function renderEntry(given: ledger.JournalEntry): z.input<typeof entry> {
  const known = <T>(value: T): T | null => (given.kind === '' ? null : value);
  return {
    id: given.id,
    recorded_at: given.recordedAt,
    effective_date: known(given.effectiveDate),
    kind: known(given.kind),
    expense_id: given.expenseId || null,
    reverses_entry_id: given.reversesEntryId || null,
    currency: known(given.currency),
    amount_minor: known(given.amountMinor.toString()),
    rate: known(given.rate),
    rate_source: known(given.rateSource),
    rate_date: known(given.rateDate),
    postings: given.postings.map(({ line, ledgerAccountId, currency: code, amountMinor }) => ({
      line,
      ledger_account_id: ledgerAccountId,
      currency: code,
      amount_minor: amountMinor.toString(),
    })),
  };
}
