import { newId, type Session, type TenantContext } from '@outlay/platform';
import { jobsSchema } from '../imports/import-store.ts';
import { lastDayOf } from './effective-rate.ts';
import type { LeftOut } from './restate-expenses.ts';

/** The task that works a restatement off. */
export const restateTask = 'restate_expenses';

/** What made figures wrong: a revision of a tenant's own rate, or an import of the platform's. */
export interface RestatementCause {
  kind: 'tenant_rate' | 'platform_import';
  id: string;
  /** 0 of an import. */
  revision: number;
}

/** How far the consequences of a correction have been drawn. */
export interface Restatement {
  id: string;
  cause: RestatementCause;
  requestId: string;
  correlationId: string | undefined;
  dateFrom: string;
  dateTo: string;
  status: 'pending' | 'completed';
  checked: number;
  restated: number;
  /** How many expenses keep a rate that is not in force any more; the first fifty by name. */
  leftOut: number;
  leftOutExpenses: LeftOut[];
  createdAt: Date;
  finishedAt: Date | undefined;
}

/**
 * Has everything looked at again that may have been booked at a rate of these days, if the session's transaction commits;
 * once for each cause. Nothing is asked for where nothing is booked at a listed rate of the days in question: what
 * is being booked at this moment is looked at after its own commit.
 */
export async function askForRestatement(
  session: Session,
  context: TenantContext,
  { cause, dates, isReady }: { cause: RestatementCause; dates: { from: string; to: string }; isReady: boolean },
): Promise<void> {
  const id = newId();
  const { rowCount } = await session.query(insertStatement, [
    ...[session.tenantId, id, cause.kind, cause.id, cause.revision, context.requestId, context.correlationId ?? null],
    ...[dates.from, lastDayOf(dates.to)],
  ]);
  if (rowCount === 1 && isReady) await addRestatementJob(session, id);
}

/** Has a restatement worked off if the session's transaction commits. One job waits for each. */
export async function addRestatementJob(session: Session, restatementId: string): Promise<void> {
  await session.query(
    {
      name: 'add_restatement_job',
      text: `select from ${jobsSchema}.add_job('${restateTask}', $1::json, job_key => $2, max_attempts => 25)`,
    },
    [JSON.stringify({ tenant_id: session.tenantId, restatement_id: restatementId }), `restate ${restatementId}`],
  );
}

const insertStatement = {
  name: 'ask_for_restatement',
  text: `
insert into restatements (
  tenant_id, id, cause, cause_id, cause_revision, request_id, correlation_id, date_from, date_to
)
select $1::uuid, $2::uuid, $3, $4::uuid, $5::integer, $6, $7, $8::date, $9::date
where exists (
  select from expenses
  where expenses.tenant_id = $1::uuid and expenses.expense_date between $8::date and $9::date
    and expenses.rate_source in ('tenant', 'platform') and expenses.status = 'posted'
)
on conflict (tenant_id, cause_id, cause_revision) do nothing`,
};

/** A restatement that is not complete, for this transaction alone; undefined where another process works on it. */
export async function takeRestatement(session: Session, id: string): Promise<Restatement | undefined> {
  const { rows } = await session.query<RestatementRow>(
    {
      name: 'take_restatement',
      text: `
select ${columns} from restatements
where restatements.tenant_id = $1 and restatements.id = $2 and restatements.status = 'pending'
for no key update skip locked`,
    },
    [session.tenantId, id],
  );
  return rows[0] && toRestatement(rows[0]);
}

/** The next expenses that a restatement has to look at, at most `count`, in the order of their days. */
export async function readNext(
  session: Session,
  restatementId: string,
  count: number,
): Promise<{ id: string; expenseDate: string }[]> {
  const { rows } = await session.query<{ id: string; expense_date: string }>(nextStatement, [
    session.tenantId,
    restatementId,
    count,
  ]);
  return rows.map((row) => ({ id: row.id, expenseDate: row.expense_date }));
}

const nextStatement = {
  name: 'read_next_to_restate',
  text: `
select expense.id, expense.expense_date
from restatements
cross join lateral (
  select expenses.id, expenses.expense_date from expenses
  where expenses.tenant_id = $1 and expenses.rate_source in ('tenant', 'platform') and expenses.status = 'posted'
    and expenses.expense_date between restatements.date_from and restatements.date_to
    and (expenses.expense_date, expenses.id) > (restatements.after_date, restatements.after_id)
  order by expenses.expense_date, expenses.id
  limit $3
) as expense
where restatements.tenant_id = $1 and restatements.id = $2`,
};

/** Writes down how far a restatement has come; with no `last` it is complete. Answers its new state. */
export async function advanceRestatement(
  session: Session,
  id: string,
  done: {
    checked: number;
    restated: number;
    leftOut: readonly LeftOut[];
    last: { id: string; expenseDate: string } | undefined;
  },
): Promise<Restatement> {
  const { rows } = await session.query<RestatementRow>(
    {
      name: 'advance_restatement',
      text: `
update restatements
set checked = restatements.checked + $3, restated = restatements.restated + $4,
  left_out = restatements.left_out + $7,
  left_out_expenses = jsonb_path_query_array(restatements.left_out_expenses || $8::jsonb, '$[0 to ${leftOutNamed - 1}]'),
  after_date = coalesce($5::date, restatements.after_date), after_id = coalesce($6::uuid, restatements.after_id),
  status = case when $5::date is null then 'completed' else 'pending' end,
  finished_at = case when $5::date is null then now() end, progressed_at = now()
where restatements.tenant_id = $1 and restatements.id = $2
returning ${columns}`,
    },
    [
      ...[session.tenantId, id, done.checked, done.restated, done.last?.expenseDate ?? null, done.last?.id ?? null],
      ...[done.leftOut.length, JSON.stringify(done.leftOut.slice(0, leftOutNamed).map(toLeftOutItem))],
    ],
  );
  if (rows[0] === undefined) throw new Error('A restatement is gone');
  return toRestatement(rows[0]);
}

/** So many of those that are left out are named; what more there are stand in the audit trail. */
const leftOutNamed = 50;

interface LeftOutItem {
  expense_id: string;
  reason: LeftOut['reason'];
}

const toLeftOutItem = ({ expenseId, reason }: LeftOut): LeftOutItem => ({ expense_id: expenseId, reason });

/** Restatements of a tenant, the newest first. */
export async function readRestatements(
  session: Session,
  { after, count }: { after: string | undefined; count: number },
): Promise<Restatement[]> {
  const { rows } = await session.query<RestatementRow>(
    {
      name: 'list_restatements',
      text: `
select ${columns} from restatements
where restatements.tenant_id = $1 and ($2::uuid is null or restatements.id < $2)
order by restatements.id desc
limit $3`,
    },
    [session.tenantId, after ?? null, count],
  );
  return rows.map(toRestatement);
}

const columns = `restatements.id, restatements.cause, restatements.cause_id, restatements.cause_revision,
  restatements.request_id, restatements.correlation_id, restatements.date_from, restatements.date_to,
  restatements.status, restatements.checked, restatements.restated, restatements.left_out, restatements.left_out_expenses,
  restatements.created_at, restatements.finished_at`;

interface RestatementRow {
  id: string;
  cause: RestatementCause['kind'];
  cause_id: string;
  cause_revision: number;
  request_id: string;
  correlation_id: string | null;
  date_from: string;
  date_to: string;
  status: Restatement['status'];
  checked: number;
  restated: number;
  left_out: number;
  left_out_expenses: LeftOutItem[];
  created_at: Date;
  finished_at: Date | null;
}

const toRestatement = (row: RestatementRow): Restatement => ({
  id: row.id,
  cause: { kind: row.cause, id: row.cause_id, revision: row.cause_revision },
  requestId: row.request_id,
  correlationId: row.correlation_id ?? undefined,
  dateFrom: row.date_from,
  dateTo: row.date_to,
  status: row.status,
  checked: row.checked,
  restated: row.restated,
  leftOut: row.left_out,
  leftOutExpenses: row.left_out_expenses.map((item) => ({ expenseId: item.expense_id, reason: item.reason })),
  createdAt: row.created_at,
  finishedAt: row.finished_at ?? undefined,
});
