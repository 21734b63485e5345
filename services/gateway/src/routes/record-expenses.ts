import { access, type ledger } from '@outlay/contracts';
import { type ErrorDetail, invalid, isDomainError } from '@outlay/platform';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { validate } from '../http/validate.ts';
import { renderWarnings, warnings } from '../schemas/common.ts';
import { expenseBody, expenseExample, expenseSchema, renderExpense } from '../schemas/expense.ts';
import { toExpenseInput } from '../schemas/expense-input.ts';

const expensesMax = 500;

/** Several bulks of the largest size on a busy machine; the usual deadline is for single expenses. */
const deadlineMs = 25_000;

/** Documented as the object that it should be, and taken as whatever it is: what is wrong with one must not refuse others. */
const givenRow = z.unknown().meta({
  ...{ type: 'object', propertyNames: { type: 'string' }, additionalProperties: {} },
  description: 'An `ExpenseInput`, as for `POST /expenses`.',
});

const body = z
  .strictObject({
    mode: z.enum(['all_or_nothing', 'per_row']).default('all_or_nothing'),
    expenses: z.array(givenRow).min(1).max(expensesMax),
  })
  .superRefine(refuseStrangeRows, { when: () => true })
  .meta({ id: 'ExpensesInput' });

const isObject = (given: unknown): boolean => typeof given === 'object' && given !== null && !Array.isArray(given);

/** Where one row refuses all, a row that is no object is told of along with whatever else is wrong with the body. */
function refuseStrangeRows(
  given: { mode?: unknown; expenses?: unknown } | null | undefined,
  { addIssue }: { addIssue(issue: z.core.$ZodRawIssue): void },
): void {
  // Asked of every body, of null as well.
  const { mode, expenses } = given ?? {};
  if (mode === 'per_row' || !Array.isArray(expenses)) return;
  for (const [index, input] of expenses.entries()) {
    if (isObject(input)) continue;
    addIssue({ code: 'invalid_type', expected: 'object', input, path: ['expenses', index], message: notAnObject });
  }
}

const notAnObject = 'must be an object';

const row = z.strictObject({
  index: z.int().meta({ description: 'Its place in `expenses`, from 0.' }),
  status: z.enum(['created', 'refused']),
  expense: expenseSchema.nullable(),
  code: z.string().nullable().meta({ description: 'Why it was refused: `validation_failed` or `plan_limit_reached`.' }),
  detail: z.string().nullable(),
  errors: z
    .array(z.strictObject({ field: z.string(), code: z.string(), message: z.string() }))
    .meta({ description: 'The wrong fields, such as `expenses[3].amount`.' }),
});

type Row = z.input<typeof row>;

const result = z
  .strictObject({ created: z.int(), refused: z.int(), data: z.array(row), warnings })
  .meta({ id: 'ExpensesResult', description: 'What became of each row, in their order.' });

export const recordExpenses = defineRoute({
  operationId: 'recordExpenses',
  method: 'post',
  path: '/expenses/bulk',
  summary: 'Record many expenses',
  description:
    `Books up to ${expensesMax} expenses in one transaction. \`all_or_nothing\`: where one cannot be booked none is, and the 422 ` +
    'names what is wrong with each row. `per_row`: each that can be booked is, and the answer says why others are not. Few of ' +
    'one tenant are worked on at once; more are 503 `overloaded`, with nothing booked.',
  tags: ['Expenses'],
  access: access.ledger.recordExpenses,
  deadlineMs,
  request: {
    body,
    bodyMaxBytes: 1024 * 1024,
    bodyExample: {
      mode: 'all_or_nothing',
      expenses: [
        { amount: '40.00', currency: 'EUR', title: 'Chair', expense_date: '2025-01-15', tags: ['office'] },
        { amount: '-5.00', currency: 'EUR', title: 'Chair, voucher', expense_date: '2025-01-16' },
      ],
    },
  },
  responses: {
    200: {
      description: 'What became of the rows.',
      schema: result,
      example: {
        created: 1,
        refused: 0,
        data: [{ index: 0, status: 'created', expense: expenseExample, code: null, detail: null, errors: [] }],
      },
    },
  },
  errors: ['plan_limit_reached', 'plan_unknown'],
  async handle({ context, body, services }) {
    const isPerRow = body.mode === 'per_row';
    const read = body.expenses.map(readRow);
    const faults = read.flatMap((one) => ('errors' in one ? one.errors : []));
    if (!isPerRow && faults.length > 0) throw invalid(faults);
    const sent = read.flatMap((one) => ('input' in one ? [one] : []));
    // Where no row can be booked there is nothing to ask the ledger, but to keep the key.
    const answer =
      sent.length === 0 && context.idempotencyKey === undefined
        ? nothingRecorded
        : await services.ledger.recordExpenses(
            context,
            { inputs: sent.map(({ input }) => input), perRow: isPerRow },
            { deadlineMs },
          );
    const told = answer.rows.map((one, place) => renderRow(one, sent[place]?.index ?? place));
    if (!isPerRow && told.some(({ status }) => status === 'refused'))
      throw invalid(told.flatMap(({ errors }) => errors));
    const refused = read.flatMap((one) => ('errors' in one ? [refusedRow(one.index, one.errors)] : []));
    const data = [...told, ...refused].toSorted((left, right) => left.index - right.index);
    const created = data.filter(({ status }) => status === 'created').length;
    return {
      status: 200,
      body: { created, refused: data.length - created, data, ...renderWarnings(answer.warnings) },
      replayed: answer.replayed,
    };
  },
});

const nothingRecorded: ledger.RecordExpensesResponse = { rows: [], warnings: [], replayed: false };

type ReadRow = { index: number; input: ledger.ExpenseInput } | { index: number; errors: ErrorDetail[] };

function readRow(given: unknown, index: number): ReadRow {
  if (!isObject(given)) {
    return { index, errors: [{ field: `expenses[${index}]`, code: 'invalid_type', message: notAnObject }] };
  }
  try {
    return { index, input: toExpenseInput(validate(expenseBody, given)) };
  } catch (error) {
    if (!isDomainError(error, 'invalid')) throw error;
    return {
      index,
      errors: error.details.map((detail) => ({ ...detail, field: `expenses[${index}].${detail.field}` })),
    };
  }
}

const refusedRow = (index: number, errors: ErrorDetail[]): Row => ({
  index,
  status: 'refused',
  expense: null,
  code: 'validation_failed',
  detail: 'Some fields are not valid',
  errors,
});

/** The ledger counts the rows that reached it. */
function renderRow({ expense, code, message, errors }: ledger.RecordedRow, index: number): Row {
  if (expense)
    return { index, status: 'created', expense: renderExpense(expense), code: null, detail: null, errors: [] };
  const placed = (text: string) => text.replace(/^expenses\[\d+\]/, `expenses[${index}]`);
  return {
    index,
    status: 'refused',
    expense: null,
    code,
    detail: placed(message),
    errors: errors.map((error) => ({ ...error, field: placed(error.field) })),
  };
}
