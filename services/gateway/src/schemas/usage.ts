import type { tenancy } from '@outlay/contracts';
import { z } from 'zod';

const usageSchema = z
  .strictObject({
    metric: z.string().meta({ description: '`projects`, `accounts`, `expenses_per_project`, `expenses_total`.' }),
    limit: z.int().nullable().meta({ description: 'Null: unlimited.' }),
    mode: z.enum(['soft', 'hard']).meta({ description: 'A hard limit refuses, a soft one warns.' }),
    used: z.int().meta({
      description: 'Of `expenses_per_project`: in the project that has most; no other project is listed.',
    }),
    scope_id: z.uuid().nullable().meta({
      description:
        'That project; null for the tenant as a whole, and of `expenses_per_project` where no project has any.',
    }),
  })
  .meta({ id: 'Usage', description: 'A limit of the plan, and how much of it is used.' });

export const usageList = z.strictObject({ data: z.array(usageSchema) }).meta({ id: 'UsageList' });

export const usageExample: z.input<typeof usageSchema>[] = [
  { metric: 'projects', limit: 3, mode: 'hard', used: 2, scope_id: null },
  {
    metric: 'expenses_per_project',
    limit: 100,
    mode: 'soft',
    used: 101,
    scope_id: '0197a3c0-3333-7000-8000-000000000001',
  },
];

export function renderUsage(usage: tenancy.MetricUsage): z.input<typeof usageSchema> {
  return {
    metric: usage.metric,
    limit: usage.limit === undefined ? null : Number(usage.limit),
    mode: usage.mode as 'soft' | 'hard',
    used: Number(usage.used),
    scope_id: usage.scopeId || null,
  };
}
