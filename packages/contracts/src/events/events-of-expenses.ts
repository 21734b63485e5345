import * as messages from '../../generated/outlay/ledger/events/v1/events.ts';
import { defineEvent } from './define-event.ts';
import { userId } from './events-of-identity.ts';
import { account, category, project } from './events-of-references.ts';

const expense = {
  id: '0197a3c0-4444-7000-8000-000000000001',
  amount: { currency: 'USD', amountMinor: '12550' },
  booked: { currency: 'EUR', amountMinor: '12180' },
  rate: { rate: '0.970518', source: 'given', date: '2025-01-15' },
  title: 'Design tool',
  description: 'Yearly licence',
  category: { id: category.id, name: category.name },
  account: { id: account.id, name: account.name },
  project: { id: project.id, name: project.name },
  expenseDate: '2025-01-15',
  paymentMethod: 'credit_card',
  tags: ['office', 'supplies'],
  vendor: 'Draftsman Ltd',
  status: 'posted',
  version: '1',
  entryId: '0197a3c0-5555-7000-8000-000000000001',
  userId,
  createdAt: '2025-01-15T10:30:00.000Z',
  updatedAt: '2025-01-15T10:30:00.000Z',
};

const expenseEdited = {
  expense: {
    ...expense,
    title: 'Design tool, two seats',
    version: '2',
    entryId: '0197a3c0-5555-7000-8000-000000000002',
    updatedAt: '2025-01-16T10:30:00.000Z',
  },
};

const expenseReversed = {
  expense: { ...expenseEdited.expense, status: 'reversed', version: '3', updatedAt: '2025-01-17T10:30:00.000Z' },
};

const expenseRestated = {
  expense: {
    ...expense,
    booked: { currency: 'EUR', amountMinor: '12199' },
    rate: { rate: '0.972', source: 'tenant', date: '2025-01-15' },
    version: '2',
    entryId: '0197a3c0-5555-7000-8000-000000000004',
    updatedAt: '2025-01-18T10:30:00.000Z',
  },
  previousBooked: expense.booked,
  previousRate: { rate: '0.970518', source: 'platform', date: '2025-01-15' },
};

const exchangeRateRecorded = {
  exchangeRate: {
    id: '0197a3c0-bbbb-7000-8000-000000000001',
    baseCurrency: 'USD',
    quoteCurrency: 'EUR',
    rate: '0.972',
    date: '2025-01-15',
    source: 'tenant',
    provider: 'Treasury',
    version: '1',
    recordedAt: '2025-01-18T10:29:59.000Z',
    actorKind: 'user',
    actorId: userId,
  },
};

/** What the ledger tells of expenses and of the rates that they are booked at. */
export const eventsOfExpenses = {
  'outlay.ledger.expense.recorded.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseRecorded',
    subject: 'expense',
    summary: 'An expense was booked.',
    codec: messages.ExpenseRecorded,
    example: { expense },
  }),
  'outlay.ledger.expense.edited.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseEdited',
    subject: 'expense',
    summary: 'An expense was reversed and booked anew.',
    codec: messages.ExpenseEdited,
    example: expenseEdited,
  }),
  'outlay.ledger.expense.reversed.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseReversed',
    subject: 'expense',
    summary: 'An expense was taken out of the books.',
    codec: messages.ExpenseReversed,
    example: expenseReversed,
  }),
  'outlay.ledger.expense.restated.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExpenseRestated',
    subject: 'expense',
    summary: 'An expense was reversed and booked anew at a corrected rate.',
    codec: messages.ExpenseRestated,
    example: expenseRestated,
  }),
  'outlay.ledger.exchange_rate.recorded.v1': defineEvent({
    owner: 'ledger',
    message: 'outlay.ledger.events.v1.ExchangeRateRecorded',
    subject: 'exchange rate',
    summary: "A tenant's own exchange rate was given, corrected or withdrawn.",
    codec: messages.ExchangeRateRecorded,
    example: exchangeRateRecorded,
  }),
} as const;
