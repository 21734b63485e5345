import { ledger } from '@outlay/contracts';
import {
  DomainError,
  type ErrorDetail,
  idempotent,
  isDomainError,
  newId,
  type TenantContext,
  unavailable,
} from '@outlay/platform';
import { type BookableExpense, type Booking, bookExpense } from '../domain/booking.ts';
import { type ExpenseInput, rateWantedFor, toBookable } from '../domain/revise-expense.ts';
import { resolveRates } from '../rates/resolve-rates.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { warningsIn, withWarnings } from '../store/plan-limits.ts';
import { prepareBooking } from '../store/prepare-booking.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { rateFault, wrongReferences } from './expense-errors.ts';
import { postWithinPlan } from './post-within-plan.ts';
import { referenceFaultsOf } from './reference-faults.ts';

/** Expenses to be booked together; of one that cannot be read, what is wrong with it. */
export interface RecordExpenses {
  rows: readonly (ExpenseInput | DomainError)[];
  /** Whether what cannot be booked is left out; nothing is booked then else. */
  isPerRow: boolean;
}

/** As for a single expense: decided when it is run again. */
const attemptsMax = 5;

/**
 * Books up to 500 expenses of the caller's in one transaction, in a handful of statements. The answer has a row for each:
 * the expense, or why there is none, with fields named as `expenses[3].amount`. Where not all can be booked and it is not
 * `isPerRow`, nothing is, and the answer has the faults of all rows; it is not kept for the idempotency key.
 *
 * A hard limit of the plan refuses, with `isPerRow`, the last rows: as many as fit are booked. Else it throws forbidden
 * `plan_limit_reached`. Emits outlay.ledger.expense.recorded.v1 for each. Once per idempotency key. Throws invalid
 * `idempotency_key_reused`; not_found `tenant_not_found`; unavailable, as `overloaded` where the tenant has four under way.
 */
export async function recordExpenses(
  { database, tenants }: LedgerDependencies,
  context: TenantContext,
  command: RecordExpenses,
): Promise<ledger.RecordExpensesResponse> {
  const request = { isPerRow: command.isPerRow, rows: command.rows.map(toComparable) };
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const currency = await tenants.currencyOf(context);
    try {
      const { answer, replayed } = await database.withTenant(context, (session) =>
        idempotent(session, context, { operation: 'record_expenses', request }, async () => {
          const rows = await book(session, context, command, currency);
          return withWarnings(session, { rows: rows.map(ledger.RecordedRow.toJSON) });
        }),
      );
      const { rows } = ledger.RecordExpensesResponse.fromJSON(answer);
      return { rows, replayed, warnings: warningsIn(answer) };
    } catch (error) {
      if (error instanceof Refusal) return { rows: error.rows, replayed: false, warnings: [] };
      // Overtaken by another currency of the tenant: everything is converted anew.
      if (!isDomainError(error, 'conflict') || error.code !== 'currency_changed') throw error;
    }
  }
  throw unavailable('too_contended', 'The expenses could not be booked now');
}

/** Takes the transaction back with what is wrong. */
class Refusal extends Error {
  readonly rows: ledger.RecordedRow[];
  constructor(rows: ledger.RecordedRow[]) {
    super('Some of the expenses cannot be booked');
    this.rows = rows;
  }
}

const toRow = (expense: ledger.Expense | undefined): ledger.RecordedRow => ({
  expense,
  code: '',
  message: '',
  errors: [],
});

const toComparable = (row: ExpenseInput | DomainError) => (row instanceof DomainError ? row.details : row);

async function book(
  session: LedgerSession,
  context: TenantContext,
  { rows: given, isPerRow }: RecordExpenses,
  currency: string,
): Promise<ledger.RecordedRow[]> {
  const rows: ledger.RecordedRow[] = given.map(() => toRow(undefined));
  const refuse = (index: number, error: DomainError) => {
    rows[index] = toRefused(index, error);
  };
  // Fixing the currency, above all, is undone where nothing is booked.
  await session.query('savepoint nothing_booked');
  const readable = await toBookables(session, given, currency, refuse);
  const bookings = await toBookings(session, context, readable, refuse);
  if (!isPerRow && bookings.size < given.length) throw new Refusal(rows);
  const expenses = await postWithinPlan(session, context, bookings, isPerRow ? refuse : undefined);
  if (expenses.size === 0) await session.query('rollback to savepoint nothing_booked');
  for (const [index, expense] of expenses) rows[index] = toRow(expense);
  return rows;
}

type Refuse = (index: number, error: DomainError) => void;

async function toBookables(
  session: LedgerSession,
  given: RecordExpenses['rows'],
  currency: string,
  refuse: Refuse,
): Promise<Map<number, BookableExpense>> {
  const wanted = given.map((row) => (row instanceof DomainError ? undefined : rateWantedFor(row, currency)));
  const listed = await resolveRates(
    session,
    wanted.flatMap((one) => one ?? []),
  );
  const bookables = new Map<number, BookableExpense>();
  for (const [index, row] of given.entries()) {
    if (row instanceof DomainError) {
      refuse(index, row);
      continue;
    }
    // In the order in which they were asked for.
    const rate = wanted[index] && listed.shift();
    const expense = toBookable(row, currency, rate);
    if (typeof expense === 'string') refuse(index, rateFault(expense, wanted[index]));
    else bookables.set(index, expense);
  }
  return bookables;
}

async function toBookings(
  session: LedgerSession,
  context: TenantContext,
  bookables: ReadonlyMap<number, BookableExpense>,
  refuse: Refuse,
): Promise<Map<number, Booking>> {
  const bookings = new Map<number, Booking>();
  if (bookables.size === 0) return bookings;
  const basis = await prepareBooking(
    session,
    [...bookables.values()].map((expense) => ({ expense })),
  );
  for (const [index, expense] of bookables) {
    const faults = referenceFaultsOf(expense, basis);
    const accountCurrency =
      expense.accountId === undefined ? undefined : basis.accountCurrencies.get(expense.accountId);
    if (faults.length > 0) refuse(index, wrongReferences(faults));
    else bookings.set(index, bookExpense(expense, { newId, userId: context.actor.id, accountCurrency }));
  }
  return bookings;
}

function toRefused(index: number, { code, message, details = [] }: DomainError): ledger.RecordedRow {
  const place = (field: string) => `expenses[${index}]${field === '' ? '' : `.${field}`}`;
  const errors = details.map((detail: ErrorDetail) => ({ ...detail, field: place(detail.field) }));
  return { expense: undefined, code, message: `${place('')}: ${message}`, errors };
}
