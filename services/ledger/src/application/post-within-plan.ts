import type { ledger } from '@outlay/contracts';
import type { DomainError, TenantContext } from '@outlay/platform';
import type { Booking } from '../domain/booking.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { planRefusalOf } from '../store/plan-limits.ts';
import { postExpenses } from '../store/post-expenses.ts';

/** Each refusal names one limit, and leaves out what is beyond it; others may take its last places meanwhile. */
const attemptsMax = 20;

/**
 * Posts bookings, by their index. Where a hard limit of the plan refuses them and `refuse` is given, the last of those that
 * the limit counts are refused, as many as do not fit, and the others posted. Throws what the limit said else.
 */
export async function postWithinPlan(
  session: LedgerSession,
  context: TenantContext,
  bookings: ReadonlyMap<number, Booking>,
  refuse: ((index: number, error: DomainError) => void) | undefined,
): Promise<Map<number, ledger.Expense>> {
  const left = new Map(bookings);
  for (let attempt = 1; left.size > 0; attempt++) {
    await session.query('savepoint nothing_posted');
    const noticed = session.notices.length;
    try {
      const { expenses } = await postExpenses(session, context, [...left.values()]);
      return new Map(
        [...left.keys()].flatMap((index, place) => {
          const expense = expenses[place];
          return expense === undefined ? [] : [[index, expense] as const];
        }),
      );
    } catch (error) {
      const refusal = planRefusalOf(error);
      if (refuse === undefined || refusal?.code !== 'plan_limit_reached') throw error;
      await session.query('rollback to savepoint nothing_posted');
      session.keepNotices(noticed);
      const { limit = '0', used = '0', scope_id: projectId } = refusal.meta ?? {};
      const counted = [...left].filter(([, { expense }]) => projectId === undefined || expense.projectId === projectId);
      const fitting = attempt < attemptsMax ? Math.max(0, Number(BigInt(limit) - BigInt(used))) : 0;
      // Always at least one, so that this ends.
      for (const [index] of counted.slice(Math.min(fitting, counted.length - 1))) {
        refuse(index, refusal);
        left.delete(index);
      }
    }
  }
  return new Map();
}
