import type { identity } from '@outlay/contracts';
import { z } from 'zod';
import { instant, pageOf, renderInstant, uuid } from './common.ts';

const securityEventSchema = z
  .strictObject({
    id: uuid,
    kind: z.string().meta({ description: 'Such as `login.failed`; more may come.', examples: ['login.succeeded'] }),
    actor_kind: z.enum(['user', 'api_key', 'service', 'anonymous']),
    actor_id: z.string().nullable().meta({ description: 'Who did it; null where nobody has said who they are.' }),
    user_id: uuid.nullable().meta({ description: 'Whom it is about, where that is a person.' }),
    client_address: z.string(),
    user_agent: z.string(),
    details: z.record(z.string(), z.unknown()).meta({ description: 'What else there is to know, by kind.' }),
    recorded_at: instant,
  })
  .meta({ id: 'SecurityEvent' });

export const securityEventPage = pageOf('SecurityEventPage', securityEventSchema);

export const securityEventExample: z.input<typeof securityEventSchema> = {
  id: '0197a3c0-8888-7000-8000-000000000001',
  kind: 'login.succeeded',
  actor_kind: 'user',
  actor_id: '0197a3c0-6666-7000-8000-000000000001',
  user_id: '0197a3c0-6666-7000-8000-000000000001',
  client_address: '192.0.2.7',
  user_agent: 'Mozilla/5.0',
  details: { session_id: '0197a3c0-7777-7000-8000-000000000001' },
  recorded_at: '2025-01-15T09:00:00.000Z',
};

export function renderSecurityEvent(event: identity.SecurityEvent): z.input<typeof securityEventSchema> {
  return {
    id: event.id,
    kind: event.kind,
    actor_kind: event.actorKind as z.output<typeof securityEventSchema>['actor_kind'],
    actor_id: event.actorId || null,
    user_id: event.userId || null,
    client_address: event.clientAddress,
    user_agent: event.userAgent,
    details: event.details ?? {},
    recorded_at: renderInstant(event.recordedAt),
  };
}
