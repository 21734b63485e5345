import { z } from 'zod';
import { planCodes } from '../domain/plan.ts';

/** Keys are the fields' public names, as errors name them. */

// No control characters and no halves of a surrogate pair: names end up in mails, files and logs.
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');

export const registerTenantSchema = z.object({
  name,
  // Its rules are the domain's.
  subdomain: z.string().max(200),
  owner_email: z.string().trim().max(254).pipe(z.email()),
  // Its rules are identity's; these are the ones that never change.
  owner_password: z
    .string()
    .min(8, 'must have at least 8 characters')
    .max(512)
    .refine((password) => [...password].length <= 128, 'must have at most 128 characters'),
  owner_first_name: name,
  owner_last_name: name,
});

export const updateTenantSchema = z.object({
  name: name.optional(),
  version: z.bigint().positive().optional(),
});

export const changePlanSchema = z.object({ plan: z.enum(planCodes) });

const limitDefault = 50;
const limitMax = 200;

export const pageSchema = z.object({
  limit: z
    .int()
    .min(0)
    .max(limitMax)
    .transform((limit) => limit || limitDefault),
  cursor: z.string().max(200),
});
