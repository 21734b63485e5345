import { shownName } from '@outlay/platform';
import { z } from 'zod';
import type { Fault } from '../domain/fault.ts';
import { planCodes } from '../domain/plan.ts';
import { settingFaults } from '../domain/settings.ts';
import { subdomainFault } from '../domain/subdomain.ts';

/** Keys are the fields' public names, as errors name them. */

/** Text that a rule of the domain has to find good. */
function checked(faultOf: (text: string) => Fault | undefined) {
  return z.string().superRefine((text, context) => {
    const fault = faultOf(text);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { code: fault.code } });
  });
}

export const registerTenantSchema = z.object({
  name: shownName,
  subdomain: checked(subdomainFault),
  owner_email: z.string().trim().max(254).pipe(z.email()),
  // Its rules are identity's; these are the ones that never change.
  owner_password: z
    .string()
    .min(8, 'must have at least 8 characters')
    .max(512)
    .refine((password) => [...password].length <= 128, 'must have at most 128 characters'),
  owner_first_name: shownName,
  owner_last_name: shownName,
});

export const updateTenantSchema = z.object({
  name: shownName.optional(),
  settings: z.object({
    currency: checked(settingFaults.currency).optional(),
    timezone: checked(settingFaults.timezone).optional(),
    date_format: checked(settingFaults.dateFormat).optional(),
  }),
  version: z.bigint().positive().optional(),
});

export const changePlanSchema = z.object({ plan: z.enum(planCodes), version: z.bigint().positive().optional() });

export const tenantPosition = z.strictObject({ id: z.uuid() });

export const planPosition = z.strictObject({ code: z.enum(planCodes) });
