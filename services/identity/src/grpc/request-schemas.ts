import { z } from 'zod';
import { passwordFault } from '../domain/password-rules.ts';
import { assignableRoles } from '../domain/person.ts';

/** Keys are the fields' public names, as errors name them. */

// No control characters and no halves of a surrogate pair: names end up in mails, files and logs.
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters');
const email = z.string().trim().max(254).pipe(z.email());
const newPassword = z
  .string()
  .max(1_024)
  .superRefine((password, context) => {
    const fault = passwordFault(password);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { code: fault.code } });
  });
const anyText = z.string().min(1).max(1_024);
const id = z.uuid();
const optionalId = z.union([z.literal('').transform(() => undefined), id]);

export const createOwnerSchema = z.object({
  tenant_id: id,
  tenant_name: name,
  subdomain: z.string().min(1).max(63),
  email,
  password: newPassword,
  first_name: name,
  last_name: name,
});

export const addMemberSchema = z.object({
  email,
  password: newPassword,
  first_name: name,
  last_name: name,
  role: z.enum(assignableRoles),
});

// Whatever is no e-mail address is nobody's: the answer to it is that of a wrong password.
export const loginSchema = z.object({
  email: anyText.transform((text) => text.trim()),
  password: anyText,
  tenant_id: optionalId,
  client_address: z.string().max(100),
});

export const tenantIdSchema = z.object({ tenant_id: id });
