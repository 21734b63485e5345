import {
  type Database,
  type Logger,
  type Session,
  systemContext,
  type TenantContext,
  type TenantId,
} from '@outlay/platform';
import { recordAudit } from '../store/record-audits.ts';
import { recordLeftOut, restateExpenses } from './restate-expenses.ts';
import {
  addRestatementJob,
  advanceRestatement,
  type Restatement,
  readNext,
  takeRestatement,
} from './restatement-store.ts';

/** What working off restatements takes. */
export interface RestatementWork {
  database: Database;
  logger: Logger;
  /** Expenses in one transaction. */
  batchSize?: number;
  /** Batches in one job; the next job goes on, so that others get their turn. */
  batchesMax?: number;
}

const batchSizeDefault = 200;
const batchesMaxDefault = 50;

/**
 * Goes on with a restatement from where it stands. It may be called any number of times, by several processes at once and
 * after any crash: each batch is one transaction that holds the restatement and moves it on.
 */
export async function workOffRestatement(work: RestatementWork, tenantId: TenantId, id: string): Promise<void> {
  const { batchesMax = batchesMaxDefault } = work;
  for (let batch = 0; batch < batchesMax; batch++) {
    const state = await work.database.withTenant({ tenantId }, (session) => workOffBatch(work, session, tenantId, id));
    if (state?.status === 'completed') {
      const { checked, restated, leftOut } = state;
      work.logger.info({ restatement_id: id, checked, restated, left_out: leftOut }, 'restatement completed');
    }
    if (state?.status !== 'pending') return;
  }
  await work.database.withTenant({ tenantId }, (session) => addRestatementJob(session, id));
}

async function workOffBatch(
  { batchSize = batchSizeDefault }: RestatementWork,
  session: Session,
  tenantId: TenantId,
  id: string,
): Promise<Restatement | undefined> {
  const restatement = await takeRestatement(session, id);
  if (restatement === undefined) return undefined;
  const context = contextOf(tenantId, restatement);
  const next = await readNext(session, id, batchSize);
  const { restated, leftOut } = await restateExpenses(
    session,
    context,
    next.map((expense) => expense.id),
  );
  await recordLeftOut(session, context, leftOut, { entity: 'restatement', id });
  const last = next.length === batchSize ? next.at(-1) : undefined;
  const state = await advanceRestatement(session, id, { checked: next.length, restated, leftOut, last });
  if (state.status === 'completed') await tellOfEnd(session, context, state);
  return state;
}

/** Restated under the request that made the correction, so that the audit trail leads from one to the other. */
const contextOf = (tenantId: TenantId, { requestId, correlationId }: Restatement): TenantContext => ({
  ...systemContext(tenantId, requestId),
  correlationId,
});

async function tellOfEnd(session: Session, context: TenantContext, state: Restatement): Promise<void> {
  await recordAudit(session, context, {
    action: 'restatement.completed',
    entity: 'restatement',
    entityId: state.id,
    after: {
      ...{ cause: state.cause.kind, causeId: state.cause.id, dateFrom: state.dateFrom, dateTo: state.dateTo },
      ...{ expensesChecked: state.checked, expensesRestated: state.restated, expensesLeftOut: state.leftOut },
    },
  });
}
