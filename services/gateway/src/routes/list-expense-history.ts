import { access, type ledger } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import {
  calendarDate,
  currency,
  idParams,
  instant,
  pageOf,
  pageQueryOnly,
  paginationExample,
  renderedAmount,
  renderInstant,
  renderPagination,
  toPageRequest,
  uuid,
} from '../schemas/common.ts';
import { renderExpense } from '../schemas/expense.ts';

const entry = z.strictObject({
  id: uuid,
  kind: z.string().meta({ description: '`expense`, `reversal` or `restatement`.' }),
  effective_date: calendarDate,
  amount: renderedAmount.meta({ description: 'What was paid.' }),
  currency,
  exchange_rate: z.strictObject({ rate: z.string(), source: z.string(), date: z.string() }),
  reverses_entry_id: uuid.nullable().meta({ description: 'The entry that it takes back.' }),
  postings: z.array(z.strictObject({ ledger_account_id: uuid, amount: renderedAmount, currency })),
});

const change = z
  .strictObject({
    id: uuid,
    recorded_at: instant,
    action: z.string().meta({ description: 'Such as `expense.recorded`, `expense.edited`, `expense.reversed`.' }),
    actor_kind: z.string(),
    actor_id: z.string(),
    request_id: z.string(),
    changes: z
      .array(z.strictObject({ field: z.string(), before: z.unknown(), after: z.unknown() }))
      .meta({ description: 'Fields that are different since; none of an expense that was recorded.' }),
    entries: z.array(entry).meta({ description: 'What was booked for it.' }),
  })
  .meta({ id: 'ExpenseChange', description: 'One change of an expense, and what it did to the books.' });

const page = pageOf('ExpenseHistoryPage', change);

const example: z.input<typeof change> = {
  id: '0197a3c0-7777-7000-8000-000000000001',
  recorded_at: '2025-01-15T10:30:00.000Z',
  action: 'expense.reversed',
  actor_kind: 'user',
  actor_id: '0197a3c0-6666-7000-8000-000000000001',
  request_id: '0197a3c0-9999-7000-8000-000000000001',
  changes: [{ field: 'status', before: 'posted', after: 'reversed' }],
  entries: [
    {
      id: '0197a3c0-8888-7000-8000-000000000002',
      kind: 'reversal',
      effective_date: '2025-01-15',
      amount: '125.50',
      currency: 'USD',
      exchange_rate: { rate: '0.970518', source: 'given', date: '2025-01-15' },
      reverses_entry_id: '0197a3c0-8888-7000-8000-000000000001',
      postings: [
        { ledger_account_id: '0197a3c0-1111-7000-8000-000000000001', amount: '-121.80', currency: 'EUR' },
        { ledger_account_id: '0197a3c0-2222-7000-8000-000000000001', amount: '121.80', currency: 'EUR' },
      ],
    },
  ],
};

export const listExpenseHistory = defineRoute({
  operationId: 'listExpenseHistory',
  method: 'get',
  path: '/expenses/{id}/history',
  summary: 'List the history of an expense',
  description:
    'Who changed what of it in which request, and the journal entries that each change booked; the newest first.',
  tags: ['Expenses'],
  access: access.ledger.listExpenseHistory,
  notFound: 'expense_not_found',
  request: { params: idParams, query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of changes.',
      schema: page,
      example: { data: [example], pagination: paginationExample },
    },
  },
  async handle({ context, params, query, services }) {
    const answer = await services.ledger.listExpenseHistory(context, {
      expenseId: params.id,
      page: toPageRequest(query),
    });
    return {
      status: 200,
      body: { data: answer.changes.map(renderChange), pagination: renderPagination(answer.page, query.limit) },
    };
  },
});

function renderChange(given: ledger.ExpenseChange): z.input<typeof change> {
  return {
    id: given.id,
    recorded_at: renderInstant(given.recordedAt),
    action: given.action,
    actor_kind: given.actorKind,
    actor_id: given.actorId,
    request_id: given.requestId,
    changes: given.before && given.after ? differences(renderExpense(given.before), renderExpense(given.after)) : [],
    entries: given.entries.map((one) => ({
      id: one.id,
      kind: one.kind,
      effective_date: one.effectiveDate,
      amount: formatAmount(one.amountMinor, one.currency),
      currency: one.currency,
      exchange_rate: { rate: one.rate, source: one.rateSource, date: one.rateDate },
      reverses_entry_id: one.reversesEntryId || null,
      postings: one.postings.map((posting) => ({
        ledger_account_id: posting.ledgerAccountId,
        amount: formatAmount(posting.amountMinor, posting.currency),
        currency: posting.currency,
      })),
    })),
  };
}

/** Each change has a new version and a new instant, which say nothing of what it was. */
const untold = new Set(['version', 'updated_at']);

function differences(before: Record<string, unknown>, after: Record<string, unknown>) {
  return Object.keys(after)
    .filter((field) => !untold.has(field) && JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => ({ field, before: before[field], after: after[field] }));
}
