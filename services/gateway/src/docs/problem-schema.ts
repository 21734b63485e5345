import { z } from 'zod';
import { type ErrorCode, errorCodes } from '../http/error-codes.ts';

const fieldError = z
  .strictObject({
    field: z.string().meta({ description: 'Such as `amount` or `tags[2]`.' }),
    code: z.string().meta({ description: 'Stable; for programs.' }),
    message: z.string().meta({ description: 'For people.' }),
  })
  .meta({ id: 'FieldError' });

/** RFC 9457. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({
      description: 'Stable; for programs. The operation lists what it may be; newer versions may add others.',
      'x-extensible-enum': Object.keys(errorCodes).sort(),
    }),
    detail: z.string().meta({ description: 'For people.' }),
    trace_id: z.string().meta({ description: 'Leads support to what happened.' }),
    errors: z.array(fieldError).optional().meta({ description: 'With `validation_failed`: one entry per field.' }),
    tenants: z
      .array(z.strictObject({ id: z.uuid(), name: z.string(), subdomain: z.string(), role: z.string() }))
      .optional()
      .meta({
        description: 'With `tenant_required`: those to choose from; with `owner_cannot_leave`: those to hand over.',
      }),
    metric: z.string().optional().meta({ description: 'With `plan_limit_reached`: what the plan limits.' }),
    limit: z.int().optional().meta({ description: 'With `plan_limit_reached`: how many there may be.' }),
    used: z.int().optional().meta({ description: 'With `plan_limit_reached`: how many are counted.' }),
    remedy: z.string().optional().meta({ description: 'With `plan_limit_reached`: what can be done; for people.' }),
    scope_id: z
      .uuid()
      .optional()
      .meta({ description: 'With `plan_limit_reached`: the project that is meant; absent for the tenant as a whole.' }),
    invitation_id: z.uuid().optional().meta({ description: 'With `already_invited`: the one to send again.' }),
    violated_policies: z
      .array(z.enum(['tenant', 'user', 'key', 'address', 'refused_key']))
      .optional()
      .meta({ description: 'With `rate_limited`: the policies of RateLimit-Policy that have nothing left.' }),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457).' });

const traceId = '0af7651916cd43dd8448eb211c80319c';

/** What a problem of this code looks like. */
export function problemExample(code: ErrorCode): z.input<typeof problemSchema> {
  const { status, title } = errorCodes[code];
  const example = { type: `urn:outlay:problem:${code}`, title, status, code, detail: title, trace_id: traceId };
  if (code === 'validation_failed') {
    return { ...example, errors: [{ field: 'amount', code: 'required', message: 'is required' }] };
  }
  if (code === 'tenant_required' || code === 'owner_cannot_leave') {
    const tenant = { id: '0197a3c0-0000-7000-8000-000000000001', name: 'Acme', subdomain: 'acme', role: 'owner' };
    return { ...example, tenants: [tenant] };
  }
  if (code === 'plan_limit_reached') {
    const remedy = 'Change to a plan for more people, revoke an open invitation, or remove a member.';
    return { ...example, metric: 'users', limit: 1, used: 1, remedy };
  }
  if (code === 'already_invited') return { ...example, invitation_id: '0197a3c0-bbbb-7000-8000-000000000001' };
  if (code === 'rate_limited') return { ...example, violated_policies: ['user'] };
  return example;
}
