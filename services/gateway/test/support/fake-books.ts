import { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { anExpense } from './fake-expenses.ts';
import { at, page } from './fixtures.ts';

const aSeal: ledger.JournalSeal = {
  sequence: 1n,
  entryId: newId(),
  entryRecordedAt: '2025-01-15T10:30:00.123456Z',
  entryHash: 'ab'.repeat(32),
  previousHash: '00'.repeat(32),
  hash: 'cd'.repeat(32),
  sealedAt: '2025-01-15T10:30:01.000000Z',
  keyId: '',
  signature: '',
};

const aJournalEntry: ledger.JournalEntry = {
  id: newId(),
  recordedAt: '2025-01-15T10:30:00.123456Z',
  effectiveDate: '2025-01-15',
  kind: 'expense',
  expenseId: newId(),
  reversesEntryId: '',
  currency: 'EUR',
  amountMinor: 12550n,
  rate: '1',
  rateSource: 'identity',
  rateDate: '2025-01-15',
  postings: [{ line: 1, ledgerAccountId: newId(), currency: 'EUR', amountMinor: -12550n }],
};

const aLedgerAccount: ledger.LedgerAccount = { id: newId(), class: 'expense', name: 'Software' };

const totals: ledger.CurrencyTotals = {
  ...{ currency: 'EUR', debitsMinor: '12550', creditsMinor: '0', balanceMinor: '12550' },
};

const knownAsOf = '2025-02-01T09:00:00.000000Z';

/** What was posted to an account that is not in the chart is shown too. */
const someBalances: ledger.AccountBalances[] = [
  { account: aLedgerAccount, balances: [totals] },
  { account: { id: newId(), class: '', name: '' }, balances: [] },
];

const anAccountEntry: ledger.AccountEntry = {
  ...{ entryId: newId(), line: 1, effectiveDate: '2025-01-15', recordedAt: '2025-01-15T10:30:00.123456Z' },
  ...{ kind: 'expense', expenseId: newId(), description: 'Design tool' },
  ...{ currency: 'EUR', amountMinor: 12550n, balanceMinor: '12550' },
};

const anAuditEntry: ledger.AuditEntry = {
  ...{ id: newId(), recordedAt: at, actorKind: 'user', actorId: newId(), requestId: 'the-request' },
  ...{ action: 'category.created', entity: 'category', entityId: newId() },
  ...{ beforeJson: '', afterJson: '{"name":"Software","createdAt":"2025-01-15T10:30:00.000Z"}' },
};

/** Of a fault that is of nothing but the chain. */
const nowhere = { entryId: '', expenseId: '', accountId: '', auditEntryId: '', entity: '', entityId: '' };

/** Books in which one expense stands, and the journal and the trail beneath them. */
export function fakeBooks(): FakeHandlers {
  return {
    verifyJournal: ({ sequence, auditSequence }: ledger.VerifyJournalRequest) => ({
      faults: [
        ...(sequence > 0n ? [{ kind: 'head_mismatch', ...nowhere, sequence, detail: 'Another chain' }] : []),
        ...(auditSequence > 0n
          ? [{ kind: 'audit_head_mismatch', ...nowhere, sequence: auditSequence, detail: 'Another chain' }]
          : []),
      ],
      ...{ expenses: 1n, accounts: 2n, references: 3n, auditEntries: 3n, auditSealed: 3n, auditUnsealed: 0n },
      entries: 1n,
      sealed: 1n,
      unsealed: 0n,
      oldestUnsealedAt: undefined,
      head: { sequence: 1n, hash: 'ab'.repeat(32), sealedAt: at },
      auditHead: { sequence: 2n, hash: 'cd'.repeat(32), sealedAt: at },
      nextCursor: '',
    }),
    listBalances: () => ({ accounts: someBalances, knownAsOf, page }),
    getTrialBalance: () => ({ accounts: someBalances, totals: [totals], isBalanced: false, knownAsOf }),
    listAccountEntries: () => ({
      ...{ account: aLedgerAccount, opening: [], closing: [{ currency: 'EUR', balanceMinor: '12550' }] },
      ...{ entries: [anAccountEntry], knownAsOf, page },
    }),
    listAuditEntries: () => ({
      entries: [
        anAuditEntry,
        {
          ...{ ...anAuditEntry, action: 'expense.recorded', entity: 'expense' },
          afterJson: JSON.stringify(ledger.Expense.toJSON(anExpense())),
        },
      ],
      page,
    }),
    listJournal: () => ({
      items: [
        { seal: aSeal, entry: undefined, isWaiting: false },
        { seal: undefined, entry: aJournalEntry, isWaiting: true },
        { seal: undefined, entry: { ...aJournalEntry, kind: '', effectiveDate: '', expenseId: '' }, isWaiting: false },
      ],
      page,
      head: undefined,
      rememberedHead: { sequence: 0n, hash: '00'.repeat(32), sealedAt: undefined },
      keys: [{ id: 'ab'.repeat(8), publicKey: 'cd'.repeat(32) }],
    }),
  };
}
