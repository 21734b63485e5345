import { shownName } from '@outlay/platform';
import { z } from 'zod';
import { passwordFault } from '../domain/password-rules.ts';
import { assignableRoles } from '../domain/person.ts';

/** Keys are the fields' public names, as errors name them. */

/** Those who were erased are called by such addresses; nobody may take one beforehand. */
const erasedAddress = /@erased\.invalid$/i;
export const email = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .refine((address) => !erasedAddress.test(address), 'is no address that anybody has');
export const newPassword = z
  .string()
  .max(1_024)
  .superRefine((password, context) => {
    const fault = passwordFault(password);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { code: fault.code } });
  });
export const anyText = z.string().min(1).max(1_024);
const id = z.uuid();
const optionalId = z.union([z.literal('').transform(() => undefined), id]);

export const createOwnerSchema = z.object({
  tenant_id: id,
  tenant_name: shownName,
  subdomain: z.string().min(1).max(63),
  email,
  password: newPassword,
  first_name: shownName,
  last_name: shownName,
  not_after: z.date().optional(),
});

export const addMemberSchema = z.object({
  email,
  password: newPassword,
  first_name: shownName,
  last_name: shownName,
  role: z.enum(assignableRoles),
});

// Whatever is no e-mail address is nobody's: the answer to it is that of a wrong password. Databases hold no NUL.
export const loginSchema = z.object({
  email: anyText.transform((text) => text.trim().replaceAll('\0', '')),
  password: anyText,
  code: z.string().max(64),
  tenant_id: optionalId,
  client_address: z.string().max(100),
});

export const tenantIdSchema = z.object({ tenant_id: id });
