import { newId, type Session } from '@outlay/platform';
import { isErased } from './erased-people.ts';
import { scheduleSending } from './send-mail-job.ts';
import { type MailKind, priorityOf, templates } from './templates/templates.ts';

/** A mail that somebody should get. */
export interface DeliveryRequest {
  kind: MailKind;
  /** What the mail is about. */
  aboutId: string;
  /** The occasion, where there can be several about the same thing. */
  slot: string;
  /** Whose mail it is, where that is known. */
  userId?: string;
  recipient: { name: string; address: string };
  /** What the template is filled with, as JSON can hold it; tokens in it are sealed. */
  parameters: Record<string, unknown>;
}

const insertDelivery = `
insert into deliveries (
  tenant_id, id, kind, about_id, slot, user_id, recipient, recipient_name, subject, parameters, priority, due_at,
  created_at
)
values (
  $1::uuid, $2::uuid, $3, $4::uuid, $5, $6::uuid, $7, $8, $9, $10::jsonb, $11, $12::timestamptz, $12::timestamptz
)
on conflict (tenant_id, kind, about_id, slot, recipient) do nothing
returning deliveries.id`;

/**
 * Writes down that a mail is to be sent and schedules the job that does it, in the session's transaction. A second
 * request for the same kind, subject matter, occasion and recipient does nothing, and neither does one for somebody who
 * was erased. Throws ZodError where the parameters are not those of the kind's template: a mail that cannot be rendered
 * is not accepted.
 */
export async function requestDelivery(session: Session, request: DeliveryRequest, now: Date): Promise<void> {
  const { tenantId } = session;
  if (!tenantId) throw new Error('A delivery belongs to a tenant');
  const { kind, userId } = request;
  const parameters = JSON.stringify(request.parameters);
  const { subject } = templates[kind](JSON.parse(parameters));
  if (userId !== undefined && (await isErased(session, userId))) return;
  const deliveryId = newId();
  const priority = priorityOf(kind);
  const inserted = await session.query({ name: 'notifications_insert_delivery', text: insertDelivery }, [
    tenantId,
    deliveryId,
    kind,
    request.aboutId,
    request.slot,
    userId ?? null,
    request.recipient.address,
    request.recipient.name,
    subject,
    parameters,
    priority,
    now,
  ]);
  if (inserted.rowCount > 0) await scheduleSending(session, [{ tenantId, deliveryId, priority }], now);
}
