import { nilId, notFound, type Session } from '@outlay/platform';

/** An account of the chart of accounts. */
export interface LedgerAccount {
  id: string;
  /** expense, asset, liability or equity; empty where something was posted to what is not in the chart. */
  class: string;
  name: string;
}

/** The next accounts of the chart as it was at an instant, by id; of those that are named, where any are. */
export async function readChart(
  session: Session,
  { knownAsOf, after, ids, count }: { knownAsOf: string; after?: string | undefined; ids?: string[]; count: number },
): Promise<LedgerAccount[]> {
  const values = [session.tenantId, knownAsOf, after ?? nilId, count];
  const { rows } = await (ids === undefined
    ? session.query<LedgerAccount>(chartStatement, values)
    : session.query<LedgerAccount>(namedStatement, [...values, ids]));
  return rows;
}

/** One account of the chart as it was at an instant. Throws not_found `ledger_account_not_found`. */
export async function findLedgerAccount(session: Session, knownAsOf: string, id: string): Promise<LedgerAccount> {
  const [account] = await readChart(session, { knownAsOf, ids: [id], count: 1 });
  if (account === undefined) throw notFound('ledger_account_not_found', 'There is no such account in the books');
  return account;
}

// Accounts as they are called since before the instant, and those that were called otherwise then, or are gone since.
const chart = `
select chart.id, chart.class, chart.name
from (
  select present.id, present.class, present.name from ledger_accounts as present
  where present.tenant_id = $1 and present.created_at <= $2
  union all
  select former.id, former.class, former.name from former_ledger_accounts as former
  where former.tenant_id = $1 and former.known_from <= $2 and former.known_until > $2
) as chart
where chart.id > $3`;

const inOrder = `
order by chart.id
limit $4`;

const chartStatement = { name: 'read_chart', text: chart + inOrder };

const namedStatement = { name: 'read_chart_named', text: `${chart} and chart.id = any ($5::uuid[])${inOrder}` };
