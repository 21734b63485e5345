import type { identity } from '@outlay/contracts';
import { roles } from '@outlay/platform';
import { z } from 'zod';
import { instant, name, present, renderInstant, uuid, version } from './common.ts';

export const role = z.enum(roles);

export const userSchema = z
  .strictObject({
    id: uuid,
    email: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    platform_admin: z.boolean(),
    email_verified: z.boolean(),
    totp_enabled: z.boolean().meta({ description: 'Whether a second factor is asked for at log-in.' }),
    version,
    created_at: instant,
  })
  .meta({ id: 'User' });

export const membershipSchema = z
  .strictObject({ id: uuid, name: z.string(), subdomain: z.string(), role })
  .meta({ id: 'Membership', description: 'A tenant that a person belongs to, and their role in it.' });

export const sessionSchema = z
  .strictObject({
    access_token: z.string().meta({ description: 'Send it as `Authorization: Bearer <access_token>`.' }),
    refresh_token: z.string().meta({ description: 'Good for one refresh, which answers the next one.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds until the access token ends.' }),
    user: userSchema,
    tenant: membershipSchema
      .nullable()
      .meta({ description: 'Null outside of all tenants: for a platform admin, or a person who belongs to none.' }),
  })
  .meta({ id: 'Session' });

export const meSchema = z
  .strictObject({
    user: userSchema,
    tenant: membershipSchema.nullable().meta({ description: 'The tenant that the token is for.' }),
    tenants: z.array(membershipSchema).meta({ description: 'All that the person belongs to.' }),
  })
  .meta({ id: 'Me' });

// Long enough for every mail system (RFC 5321, section 4.5.3.1).
export const email = z.email().max(254);

export const registerBody = z
  .strictObject({
    name: name(100).meta({ description: 'What the company is called.' }),
    subdomain: z
      .string()
      .min(3)
      .max(63)
      .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'may hold a to z, 0 to 9 and inner hyphens')
      .meta({ description: 'Unique; the tenant is reached by it and named by it at log-in.' }),
    owner_email: email,
    owner_password: z.string().min(8).max(128),
    owner_first_name: name(100),
    owner_last_name: name(100),
  })
  .meta({ id: 'Registration' });

export const codeWhereNeeded = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .meta({ description: 'From the authenticator, or a recovery code; needed where the second factor is on.' });

export const loginBody = z
  .strictObject({
    email,
    password: z.string().min(1).max(1024),
    code: codeWhereNeeded,
  })
  .meta({ id: 'Credentials' });

export const refreshBody = z
  .strictObject({ refresh_token: z.string().min(1).max(1024) })
  .meta({ id: 'RefreshRequest' });

export const userExample: z.input<typeof userSchema> = {
  id: '0197a3c0-6666-7000-8000-000000000001',
  email: 'mara@acme.example',
  first_name: 'Mara',
  last_name: 'Lind',
  platform_admin: false,
  email_verified: true,
  totp_enabled: false,
  version: 1,
  created_at: '2025-01-10T08:30:00.000Z',
};

export const membershipExample: z.input<typeof membershipSchema> = {
  id: '0197a3c0-0000-7000-8000-000000000001',
  name: 'Acme',
  subdomain: 'acme',
  role: 'owner',
};

export const sessionExample: z.input<typeof sessionSchema> = {
  access_token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl',
  refresh_token: 'uQ7zq0v3cJ6M2bXo9k1fYtR8sW5nE4hLdPaGiVxKjUc',
  token_type: 'Bearer',
  expires_in: 3600,
  user: userExample,
  tenant: membershipExample,
};

export function renderUser(given: identity.User | undefined): z.input<typeof userSchema> {
  const user = present(given, 'a user');
  return {
    id: user.id,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    platform_admin: user.platformAdmin,
    email_verified: user.emailVerified,
    totp_enabled: user.totpEnabled,
    version: Number(user.version),
    created_at: renderInstant(user.createdAt),
  };
}

export function renderMembership(membership: identity.Membership): z.input<typeof membershipSchema> {
  return {
    id: membership.tenantId,
    name: membership.tenantName,
    subdomain: membership.subdomain,
    role: membership.role as z.output<typeof role>,
  };
}

/** What log-in and refresh both answer. */
export function renderSession(
  given: Pick<identity.LoginResponse, 'session' | 'user' | 'membership'>,
): z.input<typeof sessionSchema> {
  const session = present(given.session, 'a session');
  return {
    access_token: session.accessToken,
    refresh_token: session.refreshToken,
    token_type: 'Bearer',
    expires_in: session.expiresInSeconds,
    user: renderUser(given.user),
    tenant: given.membership ? renderMembership(given.membership) : null,
  };
}
