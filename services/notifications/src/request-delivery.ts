import { newId, type Session } from '@outlay/platform';
import { scheduleSending } from './send-mail-job.ts';
import { type MailKind, templates } from './templates/templates.ts';

/** A mail that somebody should get. */
export interface DeliveryRequest {
  kind: MailKind;
  /** What the mail is about. */
  aboutId: string;
  /** The occasion, where there can be several about the same thing. */
  slot: string;
  recipient: { name: string; address: string };
  parameters: Record<string, string>;
}

const insertDelivery = `
insert into deliveries (
  tenant_id, id, kind, about_id, slot, recipient, recipient_name, subject, parameters, due_at, created_at
)
values ($1::uuid, $2::uuid, $3, $4::uuid, $5, $6, $7, $8, $9::jsonb, $10::timestamptz, $10::timestamptz)
on conflict (tenant_id, kind, about_id, slot, recipient) do nothing
returning deliveries.id`;

/**
 * Writes down that a mail is to be sent and schedules the job that does it, in the session's transaction. A second
 * request for the same kind, subject matter, occasion and recipient does nothing. Throws ZodError where the parameters
 * are not those of the kind's template: a mail that cannot be rendered is not accepted.
 */
export async function requestDelivery(session: Session, request: DeliveryRequest, now: Date): Promise<void> {
  const { tenantId } = session;
  if (!tenantId) throw new Error('A delivery belongs to a tenant');
  const { subject } = templates[request.kind](request.parameters);
  const deliveryId = newId();
  const inserted = await session.query({ name: 'notifications_insert_delivery', text: insertDelivery }, [
    tenantId,
    deliveryId,
    request.kind,
    request.aboutId,
    request.slot,
    request.recipient.address,
    request.recipient.name,
    subject,
    JSON.stringify(request.parameters),
    now,
  ]);
  if (inserted.rowCount > 0) await scheduleSending(session, [{ tenantId, deliveryId }], now);
}
