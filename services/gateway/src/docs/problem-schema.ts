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
    code: z.string().meta({ description: 'Stable; for programs. The operation lists what it may be.' }),
    detail: z.string().meta({ description: 'For people.' }),
    trace_id: z.string().meta({ description: 'Leads support to what happened.' }),
    errors: z.array(fieldError).optional().meta({ description: 'With `validation_failed`: one entry per field.' }),
    tenants: z
      .array(z.strictObject({ id: z.uuid(), name: z.string(), subdomain: z.string(), role: z.string() }))
      .optional()
      .meta({ description: 'With `tenant_required`: those to choose from.' }),
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
  if (code === 'tenant_required') {
    const tenant = { id: '0197a3c0-0000-7000-8000-000000000001', name: 'Acme', subdomain: 'acme', role: 'owner' };
    return { ...example, tenants: [tenant] };
  }
  return example;
}
