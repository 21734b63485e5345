import { z } from 'zod';
import { instant, name, uuid } from './common.ts';
import { email, role } from './session.ts';

const newPassword = z
  .string()
  .min(8)
  .max(128)
  .meta({ description: 'Not one that everybody tries first, nor the address or name of the person.' });

/** A password that is proved, good or not. */
const provedPassword = z.string().min(1).max(1024);

const code = z.string().min(1).max(64).meta({ description: 'Six digits of the authenticator, or a recovery code.' });

const token = z.string().min(1).max(256).meta({ description: 'As it was mailed.' });

export const updateMeBody = z
  .strictObject({ first_name: name(100).optional(), last_name: name(100).optional() })
  .meta({ id: 'PersonUpdate' });

export const replaceMeBody = z
  .strictObject({ first_name: name(100), last_name: name(100) })
  .meta({ id: 'PersonReplacement' });

export const changePasswordBody = z
  .strictObject({ current_password: provedPassword, new_password: newPassword })
  .meta({ id: 'PasswordChange' });

export const passwordResetBody = z.strictObject({ email }).meta({ id: 'PasswordResetRequest' });

export const resetPasswordBody = z.strictObject({ token, new_password: newPassword }).meta({ id: 'PasswordReset' });

export const changeEmailBody = z.strictObject({ email, password: provedPassword }).meta({ id: 'EmailChange' });

export const tokenBody = z.strictObject({ token }).meta({ id: 'MailedToken' });

export const codeBody = z.strictObject({ code }).meta({ id: 'SecondFactorCode' });

export const eraseMeBody = z
  .strictObject({ password: provedPassword, code: code.optional() })
  .meta({ id: 'Erasure', description: 'The code is needed where the second factor is on.' });

export const acceptedSchema = z
  .strictObject({ status: z.literal('accepted') })
  .meta({ id: 'Accepted', description: 'What follows from it, follows by mail.' });

export const accepted = { status: 'accepted' } as const;

export const closedSessionsSchema = z
  .strictObject({ closed_sessions: z.int().min(0).meta({ description: 'How many were closed.' }) })
  .meta({ id: 'ClosedSessionCount' });

export const verifiedSchema = z.strictObject({ email: z.string() }).meta({ id: 'VerifiedEmail' });

export const enrolmentSchema = z
  .strictObject({
    secret: z.string().meta({ description: 'Base32 (RFC 4648), to be typed where nothing can be scanned.' }),
    otpauth_url: z.string().meta({ description: 'To be shown as a QR code.' }),
  })
  .meta({ id: 'TotpEnrolment' });

export const recoveryCodesSchema = z
  .strictObject({
    recovery_codes: z.array(z.string()).meta({ description: 'Each is good once. They are not shown again.' }),
  })
  .meta({ id: 'RecoveryCodes' });

export const totpStateSchema = z.strictObject({ totp_enabled: z.boolean() }).meta({ id: 'TotpState' });

export const erasedSchema = z.strictObject({ erased_at: instant }).meta({ id: 'ErasedPerson' });

export const mailedToken = 'uQ7zq0v3cJ6M2bXo9k1fYtR8sW5nE4hLdPaGiVxKjUc';

export const recoveryCodesExample = {
  recovery_codes: [
    'k3pd-7mza-q2xe-h5tn',
    'b4cv-2wqj-3x5t-m6na',
    'f2sl-xr7o-d4ku-y3gi',
    'w6mb-e5hz-2tqa-j7cv',
    'p3nd-k4ly-u2ox-s6rf',
    'g5iz-a7wq-h3tm-c2be',
    'r4vj-6nky-l5dp-x3su',
    'z2fo-q7hg-m4ic-t6aw',
    'y5eb-n3rl-v7kd-u2pj',
    'c6xs-o4tz-w3gm-h5qi',
  ],
};

const optionalInstant = instant.nullable();

export const exportSchema = z
  .strictObject({
    exported_at: instant,
    profile: z.strictObject({
      id: uuid,
      email: z.string(),
      first_name: z.string(),
      last_name: z.string(),
      platform_admin: z.boolean(),
      email_verified_at: optionalInstant,
      totp_enabled_at: optionalInstant,
      created_at: instant,
      updated_at: instant,
      recovery_codes_left: z.int(),
    }),
    memberships: z.array(
      z.strictObject({
        tenant_id: uuid,
        tenant_name: z.string(),
        subdomain: z.string(),
        role,
        joined_at: instant,
      }),
    ),
    sessions: z.array(
      z.strictObject({
        id: uuid,
        tenant_id: uuid.nullable(),
        client_address: z.string(),
        user_agent: z.string(),
        authenticated_at: instant,
        opened_at: instant,
        last_used_at: instant,
        expires_at: instant,
        revoked_at: optionalInstant,
        revoked_reason: z.string().nullable(),
      }),
    ),
    security_events: z.array(
      z.strictObject({
        tenant_id: uuid,
        id: uuid,
        kind: z.string(),
        actor_kind: z.string(),
        actor_id: z.string(),
        user_id: uuid.nullable(),
        client_address: z.string().nullable().meta({ description: 'Null where somebody else acted.' }),
        user_agent: z.string().nullable(),
        details: z.record(z.string(), z.unknown()),
        recorded_at: instant,
      }),
    ),
    invitations: z.array(
      z.strictObject({
        tenant_id: uuid,
        id: uuid,
        email: z.string(),
        role,
        status: z.string(),
        invited_at: instant,
        expires_at: instant,
        accepted_at: optionalInstant,
      }),
    ),
    api_keys: z.array(
      z.strictObject({
        tenant_id: uuid,
        id: uuid,
        name: z.string(),
        scopes: z.array(z.string()),
        created_at: instant,
        expires_at: optionalInstant,
        last_used_at: optionalInstant,
        revoked_at: optionalInstant,
      }),
    ),
    truncated: z.array(z.string()).meta({ description: 'The lists that are cut after the newest thousand.' }),
  })
  .meta({ id: 'PersonalData' });

const tenantId = '0197a3c0-0000-7000-8000-000000000001';
const userId = '0197a3c0-6666-7000-8000-000000000001';
const place = { client_address: '192.0.2.1', user_agent: 'curl/8.5.0' };

export const exportExample: z.input<typeof exportSchema> = {
  exported_at: '2025-01-16T09:00:00.000Z',
  profile: {
    id: userId,
    email: 'mara@acme.example',
    first_name: 'Mara',
    last_name: 'Lind',
    platform_admin: false,
    email_verified_at: '2025-01-10T08:35:00.000Z',
    totp_enabled_at: null,
    created_at: '2025-01-10T08:30:00.000Z',
    updated_at: '2025-01-10T08:35:00.000Z',
    recovery_codes_left: 0,
  },
  memberships: [
    {
      tenant_id: tenantId,
      tenant_name: 'Acme',
      subdomain: 'acme',
      role: 'owner',
      joined_at: '2025-01-10T08:30:00.000Z',
    },
  ],
  sessions: [
    {
      id: '0197a3c0-7777-7000-8000-000000000001',
      tenant_id: tenantId,
      ...place,
      authenticated_at: '2025-01-16T08:55:00.000Z',
      opened_at: '2025-01-16T08:55:00.000Z',
      last_used_at: '2025-01-16T08:55:00.000Z',
      expires_at: '2025-02-15T08:55:00.000Z',
      revoked_at: null,
      revoked_reason: null,
    },
  ],
  security_events: [
    {
      tenant_id: tenantId,
      id: '0197a3c0-aaaa-7000-8000-000000000001',
      kind: 'login.succeeded',
      actor_kind: 'user',
      actor_id: userId,
      user_id: userId,
      ...place,
      details: { session_id: '0197a3c0-7777-7000-8000-000000000001' },
      recorded_at: '2025-01-16T08:55:00.000Z',
    },
  ],
  invitations: [],
  api_keys: [],
  truncated: [],
};
