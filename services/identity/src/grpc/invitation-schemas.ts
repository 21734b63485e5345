import { shownName } from '@outlay/platform';
import { z } from 'zod';
import { invitationStatuses } from '../domain/invitation.ts';
import { assignableRoles } from '../domain/person.ts';
import { email } from './request-schemas.ts';

/** Keys are the fields' public names, as errors name them. */

const id = z.uuid();
const text = z.string().max(1_024);

export const inviteSchema = z.object({ email, role: z.enum(assignableRoles) });

export const invitationIdSchema = z.object({ invitation_id: id });

export const listInvitationsSchema = z.object({
  status: z.union([z.enum(['', 'all']).transform(() => undefined), z.enum(invitationStatuses)]),
});

/** What a cursor of the list of invitations holds. */
export const invitationPosition = z.strictObject({ id });

export const invitationTokenSchema = z.object({ token: text });

// Whether a name is needed is known once the invitation is found.
const optionalName = z.union([z.literal(''), shownName]);

export const acceptSchema = z.object({
  token: text,
  password: z.string().min(1).max(1_024),
  first_name: optionalName,
  last_name: optionalName,
  code: z.string().max(64),
});
