import type { Entitlement, Plan, PlanCode } from '../domain/plan.ts';
import type { TenancyPrisma } from './database.ts';

interface PlanRow {
  code: string;
  version: number;
  name: string;
  limits: { metric: string; limitValue: bigint | null; mode: string }[];
}

const withLimits = { limits: { orderBy: { metric: 'asc' } } } as const;

/** The newest version of each plan. */
export async function listPlans(prisma: TenancyPrisma): Promise<Plan[]> {
  const rows = await prisma.plan.findMany({ include: withLimits, distinct: ['code'], orderBy: { version: 'desc' } });
  return rows.map(toPlan);
}

/** The newest version of one plan, which is what is sold. */
export async function findPlanOnOffer(prisma: TenancyPrisma, code: PlanCode): Promise<Plan> {
  const row = await prisma.plan.findFirst({ where: { code }, include: withLimits, orderBy: { version: 'desc' } });
  if (!row) throw new Error(`The plan ${code} is missing`);
  return toPlan(row);
}

/** The plan that a tenant has, in the version it bought. */
export async function findPlan(prisma: TenancyPrisma, plan: { code: string; version: number }): Promise<Plan> {
  const row = await prisma.plan.findUnique({ where: { code_version: plan }, include: withLimits });
  if (!row) throw new Error(`Version ${plan.version} of the plan ${plan.code} is missing`);
  return toPlan(row);
}

function toPlan({ code, version, name, limits }: PlanRow): Plan {
  return {
    code: code as PlanCode,
    version,
    name,
    entitlements: limits.map(({ metric, limitValue, mode }) => ({
      metric: metric as Entitlement['metric'],
      limit: limitValue ?? undefined,
      mode: mode as Entitlement['mode'],
    })),
  };
}
