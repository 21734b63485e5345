import type { notifications } from '@outlay/contracts';
import { z } from 'zod';
import { instant, pageOf, renderInstant, renderOptionalInstant, uuid } from './common.ts';

const deliverySchema = z
  .strictObject({
    id: uuid,
    kind: z.string().meta({
      description:
        '`welcome`, `email_verification`, `password_reset`, `credentials_changed` or `invitation`; more may come.',
    }),
    recipient: z
      .string()
      .nullable()
      .meta({
        description:
          'Null for mails about how somebody signs in (`email_verification`, `password_reset`, `credentials_changed`): ' +
          'their address is nobody else’s concern, and may be one that is not known here. Null once the person was erased.',
      }),
    subject: z.string().meta({
      description:
        'That of its kind, whatever the mail says, where it is about how somebody signs in. Otherwise empty once the ' +
        'person was erased.',
    }),
    provider: z.string().meta({ description: '`mailgun`, or `outbox`: a folder on the disk of the service.' }),
    status: z.enum(['pending', 'sending', 'sent', 'failed', 'unknown', 'cancelled']).meta({
      description:
        '`unknown`: it may have left, and is looked up at the provider. `failed`: given up, or what it offers ended ' +
        'before it could leave. `cancelled`: the person was erased before it left.',
    }),
    attempts: z.int(),
    error: z.string().nullable(),
    provider_message_id: z.string().nullable(),
    created_at: instant,
    sent_at: instant.nullable(),
  })
  .meta({
    id: 'Delivery',
    description:
      'A mail that left, or is about to: to whom, where that may be told, about what and how it stands, never what it says.',
  });

export const deliveryPage = pageOf('DeliveryPage', deliverySchema);

export const deliveryExample: z.input<typeof deliverySchema> = {
  id: '0197a3c0-9999-7000-8000-000000000001',
  kind: 'welcome',
  recipient: 'mara@acme.example',
  subject: 'Welcome to Outlay, Mara',
  provider: 'mailgun',
  status: 'sent',
  attempts: 1,
  error: null,
  provider_message_id: '<20250110083001.1.8E0F@mg.outlay.example>',
  created_at: '2025-01-10T08:30:00.000Z',
  sent_at: '2025-01-10T08:30:01.000Z',
};

export function renderDelivery(delivery: notifications.Delivery): z.input<typeof deliverySchema> {
  return {
    id: delivery.id,
    kind: delivery.kind,
    recipient: delivery.recipient || null,
    subject: delivery.subject,
    provider: delivery.provider,
    status: delivery.status as z.output<typeof deliverySchema>['status'],
    attempts: delivery.attempts,
    error: delivery.error || null,
    provider_message_id: delivery.providerMessageId || null,
    created_at: renderInstant(delivery.createdAt),
    sent_at: renderOptionalInstant(delivery.sentAt),
  };
}
