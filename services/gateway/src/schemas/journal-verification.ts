import { journalFaultKinds, type ledger } from '@outlay/contracts';
import { z } from 'zod';
import { instant, renderOptionalInstant } from './common.ts';
import {
  journalHead,
  journalHeadExample,
  renderJournalHead,
  renderSequence,
  sequence,
  storedId,
} from './journal-head.ts';

const fault = z
  .strictObject({
    kind: z.enum(journalFaultKinds),
    entry_id: storedId.nullable().meta({ description: 'Null where no entry can be named.' }),
    sequence: sequence.nullable().meta({
      description:
        'Null where no seal can be named. Of kinds that begin with `audit_` it is that of a seal of the audit trail.',
    }),
    expense_id: storedId.nullable().meta({
      description:
        'The expense that is not what the journal or the audit trail says. Null where it is about something else.',
    }),
    account_id: storedId.nullable().meta({
      description:
        'The account that is not what the audit trail says, or whose opening balance is not what the journal says. Null ' +
        'where it is about something else.',
    }),
    audit_entry_id: storedId.nullable().meta({
      description: 'The audit entry that is not as it was sealed. Null where none can be named.',
    }),
    entity: z
      .enum(['category', 'account', 'project', 'exchange_rate', 'import_mapping', 'tenant'])
      .nullable()
      .meta({ description: 'What is not what the audit trail says. Null where it is about something else.' }),
    entity_id: storedId.nullable().meta({ description: 'Of that. Null where it is about something else.' }),
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
        'Categories, accounts, projects, exchange rates and import mappings held against the audit trail so far, archived and withdrawn ' +
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
    head: journalHead.nullable().meta({ description: 'Null: nothing is sealed yet.' }),
    audit_head: journalHead.nullable().meta({
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
  head: journalHeadExample,
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
  head: renderJournalHead(found.head),
  audit_head: renderJournalHead(found.auditHead),
  faults: found.faults.map((given) => ({
    kind: given.kind as z.input<typeof fault>['kind'],
    entry_id: given.entryId || null,
    sequence: given.sequence === 0n ? null : renderSequence(given.sequence),
    expense_id: given.expenseId || null,
    account_id: given.accountId || null,
    audit_entry_id: given.auditEntryId || null,
    entity: (given.entity || null) as z.input<typeof fault>['entity'],
    entity_id: given.entityId || null,
    detail: given.detail,
  })),
  next_cursor: found.nextCursor || null,
});
