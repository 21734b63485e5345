import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { idempotent, newId, recordAudit, type TenantContext } from '@outlay/platform';
import { reversalOf } from '../domain/journal-entry.ts';
import { toExpenseMessage } from '../messaging/expense-message.ts';
import { lockExpense } from '../store/find-expense.ts';
import { findEntryInForce, insertEntries } from '../store/journal.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { markReversed } from '../store/update-expense.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { expenseNotFound, expenseReversed, versionMismatch } from './expense-errors.ts';
import { maySee } from './visibility.ts';

export interface ReverseExpense {
  expenseId: string;
  /** The version the caller has seen; undefined: whichever. */
  version: bigint | undefined;
}

/**
 * Takes an expense out of the books by an entry that reverses the one in force. The expense stays, with status reversed.
 * Emits outlay.ledger.expense.reversed.v1. Once per idempotency key.
 *
 * Throws not_found `expense_not_found`, conflict `expense_reversed`, precondition_failed `version_mismatch`, invalid
 * `idempotency_key_reused`.
 */
export async function reverseExpense(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: ReverseExpense,
): Promise<ledger.ReverseExpenseResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'reverse_expense', request: command }, async () =>
      ledger.Expense.toJSON(await reverse(session, context, command)),
    ),
  );
  return { expense: ledger.Expense.fromJSON(answer), replayed };
}

async function reverse(
  session: LedgerSession,
  context: TenantContext,
  command: ReverseExpense,
): Promise<ledger.Expense> {
  const current = await lockExpense(session, command.expenseId);
  if (current === undefined || !maySee(context, current)) throw expenseNotFound();
  if (current.status === 'reversed') throw expenseReversed();
  if (command.version !== undefined && command.version !== current.version) throw versionMismatch();

  await insertEntries(session, [reversalOf(await findEntryInForce(session, current.id), newId())]);
  const version = current.version + 1n;
  const updatedAt = await markReversed(session, { id: current.id, version });
  const message = toExpenseMessage({ ...current, status: 'reversed', version, updatedAt });
  await recordAudit(session, context, {
    action: 'expense.reversed',
    entity: 'expense',
    entityId: current.id,
    before: ledger.Expense.toJSON(toExpenseMessage(current)),
    after: ledger.Expense.toJSON(message),
  });
  await enqueueEvents(session, context, [
    {
      type: 'outlay.ledger.expense.reversed.v1',
      tenantId: context.tenantId,
      subject: current.id,
      aggregateVersion: version,
      data: { expense: message },
    },
  ]);
  return message;
}
