import {
  type Clock,
  Counter,
  type Database,
  type Logger,
  metrics,
  systemContext,
  type TenantId,
} from '@outlay/platform';
import { type ClaimedDelivery, claimDelivery } from './claim-delivery.ts';
import { type DeliveryPolicy, nextAttemptAt } from './delivery-policy.ts';
import type { Mail, MailProvider, SendOutcome } from './mail/mail-provider.ts';
import { type AttemptOutcome, isFinal, isHandedOver, recordOutcome } from './record-outcome.ts';
import type { Letterhead } from './templates/letterhead.ts';
import type { MailDraft } from './templates/mail-template.ts';
import { isMailKind, templates } from './templates/templates.ts';

/** What sending needs. */
export interface SendMailParts {
  database: Database;
  provider: MailProvider;
  /** The From header. */
  from: string;
  letterhead: Letterhead;
  policy: DeliveryPolicy;
  clock: Clock;
  logger: Logger;
}

const attempts = new Counter({
  name: 'outlay_mail_attempts_total',
  help: 'Attempts to send a mail, by what came of them; unknown and unsettled ones are looked up again.',
  labelNames: ['provider', 'outcome'],
  registers: [metrics],
});

/**
 * Makes one attempt at a delivery. It is `sending` in the database before the request leaves, and its outcome is
 * recorded after; where a crash or a time-out came between, the next attempt asks the provider for the mail before it
 * sends it again. Does nothing where the delivery is settled, not due, or being worked on.
 */
export async function sendMail(
  parts: SendMailParts,
  delivery: { tenantId: TenantId; deliveryId: string },
): Promise<void> {
  const { database, provider, policy, clock, logger } = parts;
  const context = systemContext(delivery.tenantId);
  const claimedAt = performance.now();
  const claim = await database.withTenant(context, (session) =>
    claimDelivery(session, {
      deliveryId: delivery.deliveryId,
      provider: provider.name,
      now: clock(),
      leaseMs: policy.leaseMs,
    }),
  );
  if (!claim) return;

  const outcome = await attemptDelivery(parts, claim, claimedAt);
  const endedAt = clock();
  const nextAt = nextAttempt(parts, claim, outcome, endedAt);
  await database.withTenant(context, (session) => recordOutcome(session, claim, { outcome, endedAt, nextAt }));

  attempts.inc({ provider: provider.name, outcome: outcome.kind });
  const fields = { delivery_id: claim.deliveryId, kind: claim.kind, attempt: claim.attempt, outcome: outcome.kind };
  if (isHandedOver(outcome)) logger.debug(fields, 'mail sent');
  else if (outcome.kind === 'cancelled' || outcome.kind === 'expired') logger.info(fields, 'mail not sent any more');
  else if (nextAt) logger.warn({ ...fields, reason: outcome.error }, 'mail not sent yet');
  else logger.error({ ...fields, reason: outcome.error }, 'mail given up');
}

async function attemptDelivery(
  parts: SendMailParts,
  claim: ClaimedDelivery,
  claimedAt: number,
): Promise<AttemptOutcome> {
  const { provider, policy, clock } = parts;
  // First, as what an earlier attempt may have handed over has left, whatever is known against it since.
  if (claim.maybeSentAt) {
    const earlier = await findEarlier(provider, claim, clock());
    if (earlier) return earlier;
  }
  const mail = writeMail(parts, claim, clock());
  if ('kind' in mail) return mail;
  // A process that was frozen since it claimed must not send: another one may be at it by now.
  if (performance.now() - claimedAt > policy.leaseMs / 2) return { kind: 'failed', error: 'the lease was nearly over' };
  return withoutSecrets(await provider.send(mail), mail);
}

/** The mail as it leaves, or why it does not. */
function writeMail({ from, letterhead }: SendMailParts, claim: ClaimedDelivery, now: Date): Mail | AttemptOutcome {
  const { deliveryId, recipient: to, createdAt: date } = claim;
  if (!to) return { kind: 'cancelled', error: 'the person was erased' };
  const draft = readDraft(claim);
  if (!draft) return { kind: 'refused', error: 'this version cannot render it' };
  if (draft.expiresAt && draft.expiresAt <= now) {
    return { kind: 'expired', error: 'what it offers ended before it could be sent' };
  }
  try {
    return { deliveryId, from, to, date, subject: draft.subject, ...draft.write(letterhead) };
  } catch {
    // The services' secret may be put right before the token ends.
    return { kind: 'failed', error: 'its token cannot be opened' };
  }
}

/** Undefined where the delivery was written by another version of this service, with other templates. */
function readDraft({ kind, parameters }: ClaimedDelivery): MailDraft | undefined {
  if (!isMailKind(kind)) return undefined;
  try {
    return templates[kind](parameters);
  } catch {
    return undefined;
  }
}

const tokenInText = /^token: (.+)$/m;

/** A provider may repeat in its error what it was sent; neither the token nor the address is to be kept there. */
function withoutSecrets(outcome: SendOutcome, mail: Mail): SendOutcome {
  if (outcome.kind === 'sent') return outcome;
  const token = tokenInText.exec(mail.text)?.[1];
  const error = outcome.error.replaceAll(mail.to.address, '(the recipient)');
  return { ...outcome, error: token === undefined ? error : error.replaceAll(token, '(the token)') };
}

/** What became of an earlier attempt, or undefined where it is certain that it did not get through. */
async function findEarlier(
  provider: MailProvider,
  claim: ClaimedDelivery,
  now: Date,
): Promise<AttemptOutcome | undefined> {
  const lookup = await provider.find(claim.deliveryId);
  switch (lookup.kind) {
    case 'found':
    case 'refused':
      return lookup;
    case 'unknown':
      return { kind: 'unsettled', error: lookup.error };
    case 'absent': {
      const sinceMs = now.getTime() - (claim.maybeSentAt?.getTime() ?? 0);
      return sinceMs >= provider.settleMs ? undefined : { kind: 'unsettled', error: 'too early to tell' };
    }
  }
}

function nextAttempt(
  { policy, provider }: SendMailParts,
  claim: ClaimedDelivery,
  outcome: AttemptOutcome,
  endedAt: Date,
): Date | null {
  if (isFinal(outcome)) return null;
  const waitMinMs = outcome.kind === 'failed' ? 0 : provider.settleMs;
  return nextAttemptAt(policy, { number: claim.attempt, endedAt, waitMinMs });
}
