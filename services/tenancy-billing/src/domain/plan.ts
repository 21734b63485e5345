/** What a plan limits. */
type Metric = 'users' | 'projects' | 'accounts' | 'expenses_per_project' | 'expenses_total';

/** How much of a metric a tenant may use. A soft limit lets through and warns. */
export interface Entitlement {
  metric: Metric;
  /** Undefined: as much as they like. */
  limit: bigint | undefined;
  mode: 'soft' | 'hard';
}

export interface Plan {
  code: PlanCode;
  version: number;
  name: string;
  entitlements: Entitlement[];
}

/** From the smallest to the largest. */
export const planCodes = ['basic', 'professional'] as const;

export type PlanCode = (typeof planCodes)[number];

/** What a tenant starts on. */
export const defaultPlanCode: PlanCode = 'basic';
