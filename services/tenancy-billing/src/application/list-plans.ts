import type { CallerContext } from '@outlay/platform';
import { type Plan, type PlanCode, planCodes } from '../domain/plan.ts';
import { listPlans } from '../store/plans.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** The plans on offer, each in its newest version, from the smallest to the largest: as many as wanted behind `after`. */
export function createListPlans({ database }: TenancyDependencies) {
  return async (_context: CallerContext, query: { after: PlanCode | undefined; count: number }): Promise<Plan[]> => {
    const offered = await database.withGlobal(({ prisma }) => listPlans(prisma), { readOnly: true });
    const isFollowing = ({ code }: Plan) => query.after === undefined || placeOf(code) > placeOf(query.after);
    return offered.filter(isFollowing).toSorted(bySize).slice(0, query.count);
  };
}

function placeOf(code: PlanCode): number {
  return planCodes.indexOf(code);
}

function bySize(left: Plan, right: Plan): number {
  return placeOf(left.code) - placeOf(right.code);
}
