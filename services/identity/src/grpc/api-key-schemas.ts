import { scopes as allScopes, type Scope } from '@outlay/contracts';
import { shownName } from '@outlay/platform';
import { z } from 'zod';
import { overlapSeconds } from '../domain/api-key.ts';

/** Keys are the fields' public names, as errors name them. */

const id = z.uuid();
const scopes = z
  .array(z.enum(Object.keys(allScopes) as Scope[]))
  .min(1)
  .max(100)
  // In one order and each once, so that equal rights look equal.
  .transform((given) => [...new Set(given)].toSorted());

export const createApiKeySchema = z.object({ name: shownName, scopes, expires_at: z.date().optional() });

export const apiKeyIdSchema = z.object({ api_key_id: id });

export const updateApiKeySchema = z.object({ api_key_id: id, name: shownName.optional(), scopes: scopes.optional() });

export const rotateApiKeySchema = z.object({
  api_key_id: id,
  overlap_seconds: z.int().min(0).max(overlapSeconds.max).default(overlapSeconds.usual),
});

/** What a cursor of the list of keys holds. */
export const apiKeyPosition = z.strictObject({ id });
