import type { ledger, reporting } from '@outlay/contracts';
import {
  type Database,
  newId,
  runInCallScope,
  type Session,
  systemContext,
  type TenantContext,
  type TenantId,
} from '@outlay/platform';
import { type DimensionName, toExpense } from './change.ts';
import { expenseRows, toExpenseRows } from './project-expenses.ts';
import { projectNames } from './project-names.ts';
import { takeFigures } from './rebuild-lock.ts';
import { countWrongTotals, recomputeTotals, repairFacts } from './rebuild-statements.ts';

/** What a rebuild needs: a database whose statements may take long, and the ledger's stream. */
export interface RebuildDependencies {
  database: Database;
  streamExpenses: (context: TenantContext) => AsyncIterable<ledger.StreamExpensesResponse>;
}

/**
 * Makes a tenant's figures anew from the ledger: its stream goes into a staging table, then one transaction repairs
 * what differs. Events are projected all the while; what they brought after the rebuild began stays where it is newer
 * than the stream. Safe to repeat, to interrupt and to run twice at once. Answers how many expenses the ledger
 * streamed and how many expenses and totals had been wrong; an event that is still on its way counts as one.
 */
export async function rebuildTenant(
  { database, streamExpenses }: RebuildDependencies,
  tenantId: TenantId,
  requestId: string,
): Promise<reporting.RebuildTenantResponse> {
  const context = systemContext(tenantId, requestId, 'reporting');
  const rebuildId = newId();
  const begunAt = await database.withTenant(context, drawProjectionOrder);
  try {
    const staged = await stageExpenses(streamExpenses(context), (message) =>
      database.withTenant(context, (session) => stage(session, rebuildId, message)),
    );
    const repaired = await database.withTenant(context, (session) => replaceFigures(session, rebuildId, begunAt));
    return { tenantId, expenses: BigInt(staged.expenseCount), repaired, asOf: staged.asOf };
  } finally {
    // Also when the caller's deadline has passed, which is when there is something left to discard.
    await runInCallScope({ deadlineAt: undefined }, () =>
      database.withTenant(context, (session) => discardStaging(session, rebuildId)),
    );
  }
}

/** Must come before the ledger is asked: all that was projected under a lower number is in the stream, then. */
async function drawProjectionOrder(session: Session): Promise<bigint> {
  const { rows } = await session.query<{ begun_at: bigint }>(`select nextval('projection_order') as begun_at`);
  if (!rows[0]) throw new Error('nextval answered no row');
  return rows[0].begun_at;
}

async function stageExpenses(
  stream: AsyncIterable<ledger.StreamExpensesResponse>,
  stageMessage: (message: ledger.StreamExpensesResponse) => Promise<void>,
): Promise<{ expenseCount: number; asOf: Date | undefined }> {
  let expenseCount = 0;
  let asOf: Date | undefined;
  for await (const message of stream) {
    await stageMessage(message);
    expenseCount += message.expenses.length;
    asOf ??= message.asOf;
  }
  return { expenseCount, asOf };
}

const stageRows = `
insert into rebuild_expenses as staged (
  tenant_id, rebuild_id, expense_id, version, is_posted, expense_date, currency, amount_minor,
  category_id, project_id, account_id
)
select
  $1::uuid, $3::uuid, incoming.expense_id, incoming.version, incoming.is_posted, incoming.expense_date,
  incoming.currency, incoming.amount_minor, incoming.category_id, incoming.project_id, incoming.account_id
from (${expenseRows}) as incoming`;

async function stage(session: Session, rebuildId: string, message: ledger.StreamExpensesResponse): Promise<void> {
  const expenses = message.expenses.map(toExpense);
  await session.query(stageRows, [
    session.tenantId,
    toExpenseRows(expenses.map((expense) => expense.state)),
    rebuildId,
  ]);
  await projectNames(session, distinctNames(expenses.flatMap((expense) => expense.names)));
}

/** Five hundred expenses share a handful of categories. */
function distinctNames(names: readonly DimensionName[]): DimensionName[] {
  return [...new Map(names.map((name) => [`${name.dimension} ${name.dimensionId}`, name])).values()];
}

async function replaceFigures(session: Session, rebuildId: string, begunAt: bigint): Promise<bigint> {
  await takeFigures(session);
  const wrongTotals = await countWrongTotals(session);
  const repairedFacts = await repairFacts(session, { rebuildId, begunAt });
  if (wrongTotals + repairedFacts > 0n) await recomputeTotals(session);
  return wrongTotals + repairedFacts;
}

/** Takes along what a rebuild left that was cut off more than a day ago. */
async function discardStaging(session: Session, rebuildId: string): Promise<void> {
  await session.query(
    `delete from rebuild_expenses
    where tenant_id = $1::uuid and (rebuild_id = $2::uuid or staged_at < now() - interval '1 day')`,
    [session.tenantId, rebuildId],
  );
}
