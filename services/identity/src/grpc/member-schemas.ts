import { z } from 'zod';
import { assignableRoles } from '../domain/person.ts';

/** Keys are the fields' public names, as errors name them. */

const id = z.uuid();

export const userIdSchema = z.object({ user_id: id });

export const changeRoleSchema = z.object({ user_id: id, role: z.enum(assignableRoles) });

export const listMembersSchema = z.object({
  role: z.union([z.literal('').transform(() => undefined), z.enum(['owner', ...assignableRoles])]),
});

/** What a cursor of the list of members holds. */
export const memberPosition = z.strictObject({ name: z.string().max(1_000), id });
