import type { CallerContext } from '@outlay/platform';
import { type Plan, planCodes } from '../domain/plan.ts';
import { listPlans } from '../store/plans.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** The plans on offer, each in its newest version, from the smallest to the largest. */
export function createListPlans({ database }: TenancyDependencies) {
  return async (_context: CallerContext): Promise<Plan[]> => {
    const plans = await database.withGlobal(({ prisma }) => listPlans(prisma), { readOnly: true });
    return plans.toSorted((left, right) => planCodes.indexOf(left.code) - planCodes.indexOf(right.code));
  };
}
