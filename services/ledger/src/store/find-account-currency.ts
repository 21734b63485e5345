import type { Database, TenantContext } from '@outlay/platform';

/** The currency an account is kept in; undefined when there is no such account. */
export async function findAccountCurrency(
  database: Pick<Database, 'once'>,
  context: TenantContext,
  accountId: string | undefined,
): Promise<string | undefined> {
  if (accountId === undefined) return undefined;
  const [row] = await database.once<{ currency: string }>(statement, [context.tenantId, accountId]);
  return row?.currency;
}

const statement = {
  name: 'find_account_currency',
  text: `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id
)
select account.currency
from scope
cross join lateral (
  select accounts.currency from accounts
  where accounts.tenant_id = scope.tenant_id and accounts.id = $2 offset 0
) as account`,
};
