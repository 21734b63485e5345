import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { uuid } from '../schemas/common.ts';
import { rebuildSchema, renderRebuild } from '../schemas/month-summary.ts';

const deadlineMs = 120_000;

export const rebuildReporting = defineRoute({
  operationId: 'rebuildReporting',
  method: 'post',
  path: '/admin/reporting/rebuild',
  summary: 'Recompute the figures of a tenant from the ledger',
  description:
    'Owners and admins rebuild their own tenant; the platform admin names any in `tenant_id`. Figures stay readable ' +
    'meanwhile. Safe to repeat; with an `Idempotency-Key` it is done once, and the answer is the one of then.',
  tags: ['Platform'],
  access: access.reporting.rebuildTenant,
  deadlineMs,
  request: {
    body: z.strictObject({ tenant_id: uuid.optional() }).meta({ id: 'RebuildRequest' }),
    bodyExample: { tenant_id: '0197a3c0-0000-7000-8000-000000000001' },
    bodyOptional: true,
  },
  responses: {
    200: {
      description: 'The figures are those of the ledger.',
      schema: rebuildSchema,
      example: {
        tenant_id: '0197a3c0-0000-7000-8000-000000000001',
        expenses: 5224,
        repaired: 0,
        as_of: '2025-02-01T07:05:00.000Z',
      },
    },
  },
  errors: ['access_denied', 'role_required', 'tenant_not_found'],
  async handle({ context, body, services }) {
    // Reporting asks for one where neither names any.
    const tenantId = body.tenant_id ?? context.tenantId ?? '';
    const rebuilt = await services.reporting.rebuildTenant(context, { tenantId }, { deadlineMs });
    return { status: 200, body: renderRebuild(rebuilt), replayed: rebuilt.replayed };
  },
});
