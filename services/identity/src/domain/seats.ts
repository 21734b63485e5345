/** What a plan says of a metric, as events carry it. */
interface Entitlement {
  metric: string;
  /** Absent: no limit. */
  limit?: string;
}

/** How many people a tenant may have; `unknown` before its plan has been heard of, undefined without a limit. */
export function usersMax(tenant: {
  plan: string | undefined;
  entitlements: readonly Entitlement[];
}): number | undefined | 'unknown' {
  if (tenant.plan === undefined) return 'unknown';
  const limit = tenant.entitlements.find(({ metric }) => metric === 'users')?.limit;
  return limit === undefined ? undefined : Number(limit);
}
