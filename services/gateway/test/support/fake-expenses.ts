import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { at, page } from './fixtures.ts';

export function anExpense(change: Partial<ledger.Expense> = {}): ledger.Expense {
  return {
    id: newId(),
    amount: { currency: 'EUR', amountMinor: 12550n },
    booked: { currency: 'EUR', amountMinor: 12550n },
    rate: { rate: '1', source: 'identity', date: '2025-01-15' },
    title: 'Design tool',
    description: '',
    category: undefined,
    account: undefined,
    project: undefined,
    expenseDate: '2025-01-15',
    paymentMethod: '',
    tags: [],
    vendor: '',
    status: 'posted',
    version: 1n,
    entryId: newId(),
    userId: newId(),
    importId: '',
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

/** Takes every expense and finds every one. */
export function fakeExpenses(): FakeHandlers {
  return {
    recordExpense: ({ input }: ledger.RecordExpenseRequest) => ({
      expense: anExpense({ amount: input?.amount, title: input?.title ?? '' }),
      ...{ replayed: false, warnings: [] },
    }),
    getExpense: ({ expenseId }: ledger.GetExpenseRequest) => ({ expense: anExpense({ id: expenseId, version: 7n }) }),
    listExpenses: () => ({ expenses: [anExpense(), anExpense()], page }),
    recordExpenses: ({ inputs }: ledger.RecordExpensesRequest) => ({
      rows: inputs.map((input) => ({
        ...{ code: '', message: '', errors: [] },
        expense: anExpense({ amount: input.amount, title: input.title }),
      })),
      ...{ replayed: false, warnings: [] },
    }),
    getExpenseTotals: () => ({
      ...{ count: 1n, bookedCurrency: 'EUR', bookedMinor: '12550' },
      paid: [{ currency: 'JPY', count: 1n, amountMinor: '15000', bookedMinor: '12550' }],
    }),
    listExpenseHistory: () => ({ changes: [], page }),
    exportExpenses: async function* () {
      yield { chunk: Buffer.from('id,title\r\n') };
      yield { chunk: Buffer.from('1,Chairs\r\n') };
    },
    editExpense: ({ expenseId }: ledger.EditExpenseRequest) => ({
      expense: anExpense({ id: expenseId, version: 8n }),
      ...{ replayed: false, warnings: [] },
    }),
    reverseExpense: ({ expenseId }: ledger.ReverseExpenseRequest) => ({
      expense: anExpense({ id: expenseId, version: 8n, status: 'reversed' }),
      replayed: false,
    }),
  };
}
