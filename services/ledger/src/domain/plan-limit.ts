import { DomainError } from '@outlay/platform';

/** What a plan limits of the books. */
export const metrics = ['projects', 'accounts', 'expenses_per_project', 'expenses_total'] as const;

export type Metric = (typeof metrics)[number];

/** A limit, and how much of it is used. */
export interface LimitUse {
  metric: Metric;
  limit: bigint;
  used: bigint;
  /** The project that is meant; undefined where it is the tenant as a whole. */
  scopeId: string | undefined;
}

/** The refusal of what a hard limit does not allow; `wanted`, how many there would have been more. */
export function planLimitReached({ metric, limit, used, scopeId }: LimitUse, wanted = 1n): DomainError {
  const asked = wanted === 1n ? '' : `, and ${wanted} more are wanted`;
  return new DomainError(
    'forbidden',
    'plan_limit_reached',
    `The plan allows ${limit} ${counted(metric, limit)}; there are ${used}${asked}`,
    {
      meta: {
        metric,
        limit: String(limit),
        used: String(used),
        remedy: remedies[metric],
        ...(scopeId !== undefined && { scope_id: scopeId }),
      },
    },
  );
}

/** What is said of a soft limit that is exceeded. */
export const planLimitExceeded = ({ metric, limit, used }: LimitUse): string =>
  `The plan is for ${limit} ${counted(metric, limit)}; there are ${used}. ${remedies[metric]}`;

const counted = (metric: Metric, limit: bigint): string => (limit === 1n ? nouns[metric][0] : nouns[metric][1]);

const nouns: Record<Metric, readonly [string, string]> = {
  projects: ['project', 'projects'],
  accounts: ['account', 'accounts'],
  expenses_per_project: ['expense in a project', 'expenses in a project'],
  expenses_total: ['expense', 'expenses'],
};

const remedies: Record<Metric, string> = {
  projects: 'Change to a plan for more projects, or archive a project.',
  accounts: 'Change to a plan for more accounts, or archive an account.',
  expenses_per_project: 'Change to a plan for more expenses, or begin another project.',
  expenses_total: 'Change to a plan for more expenses.',
};
