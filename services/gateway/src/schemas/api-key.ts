import { scopes as allScopes, type identity, type Scope } from '@outlay/contracts';
import { z } from 'zod';
import { instant, name, pageOf, present, renderInstant, renderOptionalInstant, uuid, version } from './common.ts';

const scopeList = Object.entries(allScopes)
  .map(([scope, meaning]) => `\`${scope}\`: ${meaning}`)
  .join(' ');

const scopes = z
  .array(z.enum(Object.keys(allScopes) as [Scope, ...Scope[]]))
  .min(1)
  .max(100)
  .meta({ description: `What the key may do. ${scopeList}` });

const shape = {
  id: uuid,
  name: z.string(),
  // A newer service may know more of them.
  scopes: z.array(z.string()),
  prefix: z.string().meta({ description: 'The first characters of the newest secret, to tell keys apart.' }),
  created_by: uuid,
  created_at: instant,
  expires_at: instant.nullable().meta({ description: 'Null: never.' }),
  last_used_at: instant.nullable().meta({ description: 'To the minute.' }),
  revoked_at: instant.nullable(),
  overlap_ends_at: instant.nullable().meta({ description: 'Until when the secret before the newest one works.' }),
  version,
};

export const apiKeySchema = z
  .strictObject(shape)
  .meta({ id: 'ApiKey', description: 'What a machine acts with in the tenant, as an admin within its scopes.' });

export const apiKeyPage = pageOf('ApiKeyPage', apiKeySchema);

export const apiKeyWithSecretSchema = z
  .strictObject({
    ...shape,
    secret: z.string().meta({ description: 'Shown now and never again. Send it as `Authorization: Bearer <secret>`.' }),
  })
  .meta({ id: 'ApiKeyWithSecret' });

export const revokedApiKeySchema = z.strictObject({ id: uuid, revoked_at: instant }).meta({ id: 'RevokedApiKey' });

export const createApiKeyBody = z
  .strictObject({
    name: name(100),
    scopes,
    expires_at: instant.optional().meta({ description: 'In the future. Without it the key does not end by itself.' }),
  })
  .meta({ id: 'NewApiKey' });

export const updateApiKeyBody = z
  .strictObject({ name: name(100).optional(), scopes: scopes.optional() })
  .meta({ id: 'ApiKeyUpdate' });

export const replaceApiKeyBody = z.strictObject({ name: name(100), scopes }).meta({ id: 'ApiKeyReplacement' });

export const rotateApiKeyBody = z
  .strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .meta({ description: 'How long the present secret works on.' }),
  })
  .meta({ id: 'ApiKeyRotation' });

export const apiKeyExample: z.input<typeof apiKeySchema> = {
  id: '0197a3c0-cccc-7000-8000-000000000001',
  name: 'Nightly import',
  scopes: ['expenses:read', 'expenses:write'],
  prefix: 'outlay_uQ7zq0',
  created_by: '0197a3c0-6666-7000-8000-000000000001',
  created_at: '2025-01-11T09:00:00.000Z',
  expires_at: null,
  last_used_at: '2025-01-15T10:30:00.000Z',
  revoked_at: null,
  overlap_ends_at: null,
  version: 1,
};

export const apiKeyWithSecretExample: z.input<typeof apiKeyWithSecretSchema> = {
  ...apiKeyExample,
  last_used_at: null,
  secret: 'outlay_uQ7zq0v3cJ6M2bXo9k1fYtR8sW5nE4hLdPaGiVxKjUc',
};

export function renderApiKey(given: identity.ApiKey | undefined): z.input<typeof apiKeySchema> {
  const key = present(given, 'an API key');
  return {
    id: key.id,
    name: key.name,
    scopes: key.scopes,
    prefix: key.prefix,
    created_by: key.createdBy,
    created_at: renderInstant(key.createdAt),
    expires_at: renderOptionalInstant(key.expiresAt),
    last_used_at: renderOptionalInstant(key.lastUsedAt),
    revoked_at: renderOptionalInstant(key.revokedAt),
    overlap_ends_at: renderOptionalInstant(key.overlapEndsAt),
    version: Number(key.version),
  };
}
