import { z } from 'zod';
import { securityEventKinds } from '../application/security-log.ts';
import { sessionHoursChoices } from '../domain/lifetimes.ts';

/** Keys are the fields' public names, as errors name them. */

export const reauthenticateSchema = z.object({ password: z.string().min(1).max(1_024), code: z.string().max(64) });

export const switchTenantSchema = z.object({ tenant_id: z.string().trim().min(1).max(63) });

export const sessionIdSchema = z.object({ session_id: z.uuid() });

export const tenantSecuritySchema = z.object({
  session_hours: z.literal(sessionHoursChoices, { error: `must be ${sessionHoursChoices.join(' or ')}` }).optional(),
});

export const refreshSchema = z.object({ tenant_id: z.union([z.literal('').transform(() => undefined), z.uuid()]) });

const emptyIsAbsent = z.literal('').transform(() => undefined);

export const securityEventFilterSchema = z.object({
  kind: z.union([emptyIsAbsent, z.enum(securityEventKinds)]),
  user_id: z.union([emptyIsAbsent, z.uuid()]),
});

/** Where a page ends of a list that is ordered by an instant and then by id. */
export const positionSchema = z
  .tuple([z.int().min(0).max(8_640_000_000_000_000), z.uuid()])
  .transform(([at, id]) => ({ at: new Date(at), id }));
