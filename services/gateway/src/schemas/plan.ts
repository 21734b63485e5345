import type { tenancy } from '@outlay/contracts';
import { z } from 'zod';
import { pageOf } from './common.ts';

const limitSchema = z
  .strictObject({
    metric: z
      .string()
      .meta({ description: '`users`, `projects`, `accounts`, `expenses_per_project`, `expenses_total`.' }),
    limit: z.int().nullable().meta({ description: 'Null: unlimited.' }),
    mode: z.enum(['soft', 'hard']).meta({ description: 'A hard limit refuses, a soft one warns.' }),
  })
  .meta({ id: 'PlanLimit' });

export const planSchema = z
  .strictObject({ code: z.string(), name: z.string(), version: z.int(), limits: z.array(limitSchema) })
  .meta({ id: 'Plan', description: 'What a tenant may use.' });

export const planPage = pageOf('PlanPage', planSchema);

export const planExample: z.input<typeof planSchema> = {
  code: 'basic',
  name: 'Basic',
  version: 1,
  limits: [
    { metric: 'projects', limit: 3, mode: 'hard' },
    { metric: 'expenses_per_project', limit: 100, mode: 'soft' },
  ],
};

export function renderPlan(plan: tenancy.Plan): z.input<typeof planSchema> {
  return {
    code: plan.code,
    name: plan.name,
    version: plan.version,
    limits: plan.entitlements.map(({ metric, limit, mode }) => ({
      metric,
      limit: limit === undefined ? null : Number(limit),
      mode: mode as 'soft' | 'hard',
    })),
  };
}
