import type { Session } from '@outlay/platform';
import { dimensionsOf, isRefund } from './dimensions.ts';

/** Totals as they follow from the facts alone: what the projection's differences must have added up to. */
const expectedTotals = `
  select
    date_trunc('month', fact.expense_date::timestamp)::date as month, part.dimension, part.dimension_id, fact.currency,
    sum(fact.amount_minor) as total_minor,
    count(*) as expense_count,
    coalesce(sum(fact.amount_minor) filter (where ${isRefund('fact')}), 0) as refunds_total_minor,
    count(*) filter (where ${isRefund('fact')}) as refunds_count
  from expense_facts as fact
  cross join lateral ${dimensionsOf('fact')}
  where fact.tenant_id = $1::uuid and fact.is_posted
  group by month, part.dimension, part.dimension_id, fact.currency`;

/** How many totals are not the sums of the facts. A total of nothing may be there or not. */
export async function countWrongTotals(session: Session): Promise<bigint> {
  const { rows } = await session.query<{ wrong: bigint }>(
    `with expected as (${expectedTotals}),
    actual as (
      select
        total.month, total.dimension, total.dimension_id, total.currency,
        total.total_minor, total.expense_count, total.refunds_total_minor, total.refunds_count
      from month_totals as total
      where total.tenant_id = $1::uuid
    )
    select count(*) as wrong
    from expected
    full join actual using (month, dimension, dimension_id, currency)
    where (
      coalesce(expected.total_minor, 0), coalesce(expected.expense_count, 0),
      coalesce(expected.refunds_total_minor, 0), coalesce(expected.refunds_count, 0)
    ) is distinct from (
      coalesce(actual.total_minor, 0), coalesce(actual.expense_count, 0),
      coalesce(actual.refunds_total_minor, 0), coalesce(actual.refunds_count, 0)
    )`,
    [session.tenantId],
  );
  return rows[0]?.wrong ?? 0n;
}

/**
 * Makes the facts what the ledger streamed and answers how many were not. A fact is left alone only where it was
 * projected after the rebuild began and is newer than what was streamed (or was not streamed at all): an event
 * overtook the stream. Everything else that the stream does not say cannot have come from the ledger.
 */
export async function repairFacts(session: Session, rebuild: { rebuildId: string; begunAt: bigint }): Promise<bigint> {
  const { rows } = await session.query<{ repaired: bigint }>(
    `with staged as materialized (
      select
        expense.expense_id, expense.version, expense.is_posted, expense.expense_date, expense.currency,
        expense.amount_minor, expense.is_refund, expense.category_id, expense.project_id, expense.account_id, expense.user_id
      from rebuild_expenses as expense
      where expense.tenant_id = $1::uuid and expense.rebuild_id = $2::uuid
    ),
    wrong as materialized (
      select
        staged.expense_id, staged.version, staged.is_posted, staged.expense_date, staged.currency,
        staged.amount_minor, staged.is_refund, staged.category_id, staged.project_id, staged.account_id, staged.user_id
      from staged
      left join expense_facts as fact on fact.tenant_id = $1::uuid and fact.expense_id = staged.expense_id
      where (fact.expense_id is null or not (fact.version > staged.version and fact.projected > $3::bigint))
        and (
          fact.version, fact.is_posted, fact.expense_date, fact.currency, fact.amount_minor,
          ${isRefund('fact')}, fact.category_id, fact.project_id, fact.account_id, fact.user_id
        ) is distinct from (
          staged.version, staged.is_posted, staged.expense_date, staged.currency, staged.amount_minor,
          ${isRefund('staged')}, staged.category_id, staged.project_id, staged.account_id, staged.user_id
        )
    ),
    written as (
      insert into expense_facts (
        tenant_id, expense_id, version, is_posted, expense_date, currency, amount_minor,
        is_refund, category_id, project_id, account_id, user_id
      )
      select
        $1::uuid, wrong.expense_id, wrong.version, wrong.is_posted, wrong.expense_date, wrong.currency,
        wrong.amount_minor, wrong.is_refund, wrong.category_id, wrong.project_id, wrong.account_id, wrong.user_id
      from wrong
      order by wrong.expense_id
      on conflict (tenant_id, expense_id) do update
      set version = excluded.version, is_posted = excluded.is_posted, expense_date = excluded.expense_date,
        currency = excluded.currency, amount_minor = excluded.amount_minor, is_refund = excluded.is_refund,
        category_id = excluded.category_id,
        project_id = excluded.project_id, account_id = excluded.account_id, user_id = excluded.user_id,
        projected = excluded.projected
      returning expense_facts.expense_id
    ),
    removed as (
      delete from expense_facts as fact
      where fact.tenant_id = $1::uuid
        and fact.projected < $3::bigint
        and not exists (select from staged where staged.expense_id = fact.expense_id)
      returning fact.expense_id
    )
    select (select count(*) from written) + (select count(*) from removed) as repaired`,
    [session.tenantId, rebuild.rebuildId, rebuild.begunAt],
  );
  return rows[0]?.repaired ?? 0n;
}

/** Replaces all totals of the tenant by the sums of its facts. */
export async function recomputeTotals(session: Session): Promise<void> {
  await session.query('delete from month_totals where tenant_id = $1::uuid', [session.tenantId]);
  await session.query(
    `insert into month_totals (
      tenant_id, month, dimension, dimension_id, currency,
      total_minor, expense_count, refunds_total_minor, refunds_count
    )
    select
      $1::uuid, expected.month, expected.dimension, expected.dimension_id, expected.currency,
      expected.total_minor, expected.expense_count, expected.refunds_total_minor, expected.refunds_count
    from (${expectedTotals}) as expected`,
    [session.tenantId],
  );
}
