import type { Session } from '@outlay/platform';
import type { ClaimedDelivery } from './claim-delivery.ts';
import { scheduleSending } from './send-mail-job.ts';

/** The provider has the mail, from this attempt or, as a lookup found, from an earlier one. */
export interface HandedOver {
  kind: 'sent' | 'found';
  providerMessageId: string;
}

/**
 * The provider does not have the mail, or nobody knows. `cancelled` and `expired` are ends that no attempt can change: the
 * person was erased, or what the mail offers has ended.
 */
interface NotHandedOver {
  kind: 'refused' | 'failed' | 'unknown' | 'unsettled' | 'cancelled' | 'expired';
  error: string;
}

/** What came of an attempt. */
export type AttemptOutcome = HandedOver | NotHandedOver;

export function isHandedOver(outcome: AttemptOutcome): outcome is HandedOver {
  return outcome.kind === 'sent' || outcome.kind === 'found';
}

/** Whether no further attempt can do better. */
export function isFinal(outcome: AttemptOutcome): boolean {
  return isHandedOver(outcome) || ['refused', 'cancelled', 'expired'].includes(outcome.kind);
}

const finishAttempt = `
update delivery_attempts as attempt
set outcome = $4, error = $5, provider_message_id = $6, finished_at = $7::timestamptz
where attempt.tenant_id = $1::uuid and attempt.delivery_id = $2::uuid and attempt.attempt = $3`;

// What a mail said is of no further use here once it has left: its token, sealed as it is, and the names of people, of
// whom some are erased one day.
const settle = `
update deliveries as delivery
set status = 'sent', provider_message_id = $3, sent_at = $4::timestamptz, due_at = null, error = null,
  parameters = '{}'
where delivery.tenant_id = $1::uuid and delivery.id = $2::uuid and delivery.status <> 'sent'`;

// Not where another attempt has taken over in the meantime: what that one finds out is newer.
const leave = `
update deliveries as delivery
set status = $4, error = $5, due_at = $6::timestamptz,
  parameters = case when $6::timestamptz is null then '{}' else delivery.parameters end
where delivery.tenant_id = $1::uuid and delivery.id = $2::uuid
  and delivery.attempts = $3 and delivery.status = 'sending'`;

/**
 * Writes down what came of an attempt and, with `nextAt`, has the next one made then. Without it the delivery is at its
 * end: sent, failed, or unknown for good.
 */
export async function recordOutcome(
  session: Session,
  claim: Pick<ClaimedDelivery, 'deliveryId' | 'attempt' | 'priority'>,
  result: { outcome: AttemptOutcome; endedAt: Date; nextAt: Date | null },
): Promise<void> {
  const { deliveryId, attempt, priority } = claim;
  const { outcome, endedAt, nextAt } = result;
  const key = [session.tenantId, deliveryId];
  const finish = (error: string | null, messageId: string | null) =>
    session.query(finishAttempt, [...key, attempt, outcome.kind, error, messageId, endedAt]);
  if (isHandedOver(outcome)) {
    await finish(null, outcome.providerMessageId);
    await session.query(settle, [...key, outcome.providerMessageId, endedAt]);
    return;
  }
  await finish(outcome.error, null);
  const status = statusAfter(outcome.kind, nextAt);
  const left = await session.query(leave, [...key, attempt, status, outcome.error, nextAt]);
  if (session.tenantId && nextAt && left.rowCount > 0) {
    await scheduleSending(session, [{ tenantId: session.tenantId, deliveryId, priority }], nextAt);
  }
}

function statusAfter(kind: NotHandedOver['kind'], nextAt: Date | null): string {
  if (kind === 'unknown' || kind === 'unsettled') return 'unknown';
  if (kind === 'cancelled') return 'cancelled';
  return nextAt ? 'pending' : 'failed';
}
