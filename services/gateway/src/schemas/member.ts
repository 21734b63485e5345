import type { identity } from '@outlay/contracts';
import { z } from 'zod';
import { instant, name, pageOf, pageQuery, present, renderInstant, uuid, version } from './common.ts';
import { codeWhereNeeded, email, membershipSchema, role, userSchema } from './session.ts';

/** The roles that can be given; ownership is only handed over. */
const assignableRole = z.enum(['admin', 'analyst', 'member']);

export const memberSchema = z
  .strictObject({
    id: uuid.meta({ description: 'The person.' }),
    email: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    email_verified: z.boolean(),
    totp_enabled: z.boolean().meta({ description: 'Whether a second factor is asked for at log-in.' }),
    role,
    joined_at: instant,
    version,
  })
  .meta({ id: 'Member', description: 'A person in the tenant.' });

export const memberPage = pageOf('MemberPage', memberSchema);

export const memberQuery = z.strictObject({
  role: role.optional().meta({ description: 'Only those with this role.' }),
  ...pageQuery,
});

export const changeRoleBody = z.strictObject({ role: assignableRole }).meta({ id: 'RoleChange' });

export const newOwnerBody = z
  .strictObject({ user_id: uuid.meta({ description: 'A member of the tenant.' }) })
  .meta({ id: 'NewOwner' });

export const invitationSchema = z
  .strictObject({
    id: uuid,
    email: z.string(),
    role: assignableRole,
    status: z.enum(['pending', 'accepted', 'revoked', 'expired']),
    invited_by: uuid,
    invited_at: instant.meta({ description: 'When it was mailed last.' }),
    expires_at: instant,
    accepted_at: instant.nullable(),
  })
  .meta({ id: 'Invitation', description: 'An address that was asked to join the tenant.' });

export const invitationPage = pageOf('InvitationPage', invitationSchema);

export const invitationQuery = z.strictObject({
  status: z
    .enum(['pending', 'accepted', 'revoked', 'expired', 'all'])
    .default('pending')
    .meta({ description: 'What has become of them.' }),
  ...pageQuery,
});

export const inviteBody = z.strictObject({ email, role: assignableRole }).meta({ id: 'NewInvitation' });

/** The example of a token, as a mail holds it. */
export const invitationToken = 'mU3bq9Xk2fYtR8sW5nE4hLdPaGiVxKjUcQ7zq0v3cJ6';

const token = z.string().min(1).max(256).meta({ description: 'As it was mailed.' });

export const invitationTokenBody = z.strictObject({ token }).meta({ id: 'InvitationToken' });

export const foundInvitationSchema = z
  .strictObject({
    invitation: z.strictObject({ id: uuid, email: z.string(), role: assignableRole, expires_at: instant }),
    tenant: z.strictObject({ id: uuid, name: z.string(), subdomain: z.string() }),
    known_person: z.boolean().meta({
      description: 'Whether somebody has this address: they prove their password; somebody new chooses one and a name.',
    }),
  })
  .meta({ id: 'FoundInvitation' });

export const acceptBody = z
  .strictObject({
    token,
    password: z.string().min(1).max(1024).meta({ description: 'The one that a known person has, or a new one.' }),
    first_name: name(100).optional().meta({ description: 'Of somebody new.' }),
    last_name: name(100).optional().meta({ description: 'Of somebody new.' }),
    code: codeWhereNeeded,
  })
  .meta({ id: 'InvitationAcceptance' });

export const joinedSchema = z
  .strictObject({ user: userSchema, tenant: membershipSchema })
  .meta({ id: 'JoinedTenant', description: 'A person and the tenant that they belong to from now on.' });

export const memberExample: z.input<typeof memberSchema> = {
  id: '0197a3c0-6666-7000-8000-000000000002',
  email: 'ida@acme.example',
  first_name: 'Ida',
  last_name: 'Berg',
  email_verified: true,
  totp_enabled: false,
  role: 'analyst',
  joined_at: '2025-01-12T09:00:00.000Z',
  version: 1,
};

export const invitationExample: z.input<typeof invitationSchema> = {
  id: '0197a3c0-bbbb-7000-8000-000000000001',
  email: 'ida@acme.example',
  role: 'analyst',
  status: 'pending',
  invited_by: '0197a3c0-6666-7000-8000-000000000001',
  invited_at: '2025-01-11T09:00:00.000Z',
  expires_at: '2025-01-18T09:00:00.000Z',
  accepted_at: null,
};

export function renderMember(given: identity.Member | undefined): z.input<typeof memberSchema> {
  const member = present(given, 'a member');
  const user = present(member.user, 'a user');
  return {
    id: user.id,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    email_verified: user.emailVerified,
    totp_enabled: user.totpEnabled,
    role: member.role as z.output<typeof role>,
    joined_at: renderInstant(member.joinedAt),
    version: Number(member.version),
  };
}

export function renderInvitation(given: identity.Invitation | undefined): z.input<typeof invitationSchema> {
  const invitation = present(given, 'an invitation');
  return {
    id: invitation.id,
    email: invitation.email,
    role: invitation.role as z.output<typeof assignableRole>,
    status: invitation.status as z.output<typeof invitationSchema>['status'],
    invited_by: invitation.invitedBy,
    invited_at: renderInstant(invitation.invitedAt),
    expires_at: renderInstant(invitation.expiresAt),
    accepted_at: invitation.acceptedAt?.toISOString() ?? null,
  };
}
