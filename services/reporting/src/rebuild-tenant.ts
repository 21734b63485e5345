import type { ledger, reporting } from '@outlay/contracts';
import {
  type Database,
  findAnswer,
  idempotent,
  newId,
  runInCallScope,
  type Session,
  systemContext,
  type TenantContext,
  type TenantId,
} from '@outlay/platform';
import { type DimensionName, toExpense, toStreamedName } from './change.ts';
import { expenseRows, toExpenseRows } from './project-expenses.ts';
import { projectNames, repairNames } from './project-names.ts';
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
 * than the stream. Names are repaired on the way. Safe to repeat, to interrupt and to run twice at once.
 * Answers how many expenses the ledger streamed and how many expenses, totals and names had been wrong; an event that is still on its way counts as one.
 *
 * `context` is the caller's for the tenant to be rebuilt. Honours the idempotency key, which counts for the caller and that
 * tenant: a repetition asks the ledger for nothing, and a twin repairs nothing. Throws invalid `idempotency_key_reused`.
 */
export async function rebuildTenant(
  { database, streamExpenses }: RebuildDependencies,
  context: TenantContext,
): Promise<reporting.RebuildTenantResponse> {
  const { tenantId } = context;
  const command = { operation: 'RebuildTenant', request: { tenantId } };
  const earlier = await database.withTenant(
    context,
    (session) => findAnswer<StoredRebuild>(session, context, command),
    { readOnly: true },
  );
  if (earlier) return toAnswer(tenantId, earlier, true);

  const asService = systemContext(tenantId, context.requestId, 'reporting');
  const rebuildId = newId();
  const begunAt = await database.withTenant(asService, drawProjectionOrder);
  try {
    const { expenseCount, repairedNames, asOf } = await stageExpenses(streamExpenses(asService), (message) =>
      database.withTenant(asService, (session) => stage(session, { rebuildId, begunAt }, message)),
    );
    const { answer, replayed } = await database.withTenant(context, (session) =>
      idempotent<StoredRebuild>(session, context, command, async () => {
        const repaired = repairedNames + (await replaceFigures(session, { rebuildId, begunAt }));
        return { expenses: String(expenseCount), repaired: String(repaired), asOf: asOf?.toISOString() };
      }),
    );
    return toAnswer(tenantId, answer, replayed);
  } finally {
    // Also when the caller's deadline has passed or it has gone, which is when there is something left to discard.
    await runInCallScope({ deadlineAt: undefined, signal: undefined }, () =>
      database.withTenant(asService, (session) => discardStaging(session, rebuildId)),
    );
  }
}

/** An answer as it is kept for a repetition. */
interface StoredRebuild {
  expenses: string;
  repaired: string;
  asOf?: string | undefined;
}

function toAnswer(
  tenantId: TenantId,
  { expenses, repaired, asOf }: StoredRebuild,
  replayed: boolean,
): reporting.RebuildTenantResponse {
  const at = asOf === undefined ? undefined : new Date(asOf);
  return { tenantId, expenses: BigInt(expenses), repaired: BigInt(repaired), asOf: at, replayed };
}

/** Must come before the ledger is asked: all that was projected under a lower number is in the stream, then. */
async function drawProjectionOrder(session: Session): Promise<bigint> {
  const { rows } = await session.query<{ begun_at: bigint }>(`select nextval('projection_order') as begun_at`);
  if (!rows[0]) throw new Error('nextval answered no row');
  return rows[0].begun_at;
}

async function stageExpenses(
  stream: AsyncIterable<ledger.StreamExpensesResponse>,
  stageMessage: (message: ledger.StreamExpensesResponse) => Promise<bigint>,
): Promise<{ expenseCount: number; repairedNames: bigint; asOf: Date | undefined }> {
  let expenseCount = 0;
  let repairedNames = 0n;
  let asOf: Date | undefined;
  for await (const message of stream) {
    repairedNames += await stageMessage(message);
    expenseCount += message.expenses.length;
    asOf ??= message.asOf;
  }
  return { expenseCount, repairedNames, asOf };
}

const stageRows = `
insert into rebuild_expenses as staged (
  tenant_id, rebuild_id, expense_id, version, is_posted, expense_date, currency, amount_minor,
  is_refund, category_id, project_id, account_id, user_id
)
select
  $1::uuid, $3::uuid, incoming.expense_id, incoming.version, incoming.is_posted, incoming.expense_date,
  incoming.currency, incoming.amount_minor, incoming.is_refund, incoming.category_id, incoming.project_id, incoming.account_id,
  incoming.user_id
from (${expenseRows}) as incoming`;

/** One rebuild, and the number that it drew before it asked the ledger. */
interface Rebuild {
  rebuildId: string;
  begunAt: bigint;
}

/** Answers how many names had been wrong. */
async function stage(session: Session, rebuild: Rebuild, message: ledger.StreamExpensesResponse): Promise<bigint> {
  const repairedNames = await repairNames(session, message.references.map(toStreamedName), rebuild);
  const expenses = message.expenses.map(toExpense);
  if (expenses.length === 0) return repairedNames;
  await session.query(stageRows, [
    session.tenantId,
    toExpenseRows(expenses.map((expense) => expense.state)),
    rebuild.rebuildId,
  ]);
  await projectNames(session, distinctNames(expenses.flatMap((expense) => expense.names)));
  return repairedNames;
}

/** Five hundred expenses share a handful of categories. */
function distinctNames(names: readonly DimensionName[]): DimensionName[] {
  return [...new Map(names.map((name) => [`${name.dimension} ${name.dimensionId}`, name])).values()];
}

async function replaceFigures(session: Session, rebuild: Rebuild): Promise<bigint> {
  await takeFigures(session);
  const wrongTotals = await countWrongTotals(session);
  const repairedFacts = await repairFacts(session, rebuild);
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
