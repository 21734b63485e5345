import type { Session } from '@outlay/platform';

/** A mail that is being asked for while its person is erased must be seen by one of the two. */
const personLock = `hashtextextended('person ' || $1 || ' ' || $2, 0)`;

const insertErased = `
insert into erased_people (tenant_id, user_id, erased_at)
values ($1::uuid, $2::uuid, $3::timestamptz)
on conflict do nothing`;

const selectErased = `
select 1
from erased_people as erased
where erased.tenant_id = $1::uuid and erased.user_id = $2::uuid`;

/** As for a person; the same order for everybody who takes several. */
const lockInvitations = `
select pg_advisory_xact_lock(hashtextextended('invitation ' || $1 || ' ' || invitation.id, 0))
from (select id from unnest($2::text[]) as listed (id) order by id) as invitation`;

const insertErasedInvitations = `
insert into erased_invitations (tenant_id, invitation_id, erased_at)
select $1::uuid, invitation.id::uuid, $3::timestamptz
from unnest($2::text[]) as invitation (id)
on conflict do nothing`;

const lockInvitation = `select pg_advisory_xact_lock_shared(hashtextextended('invitation ' || $1 || ' ' || $2, 0))`;

const selectErasedInvitation = `
select 1
from erased_invitations as erased
where erased.tenant_id = $1::uuid and erased.invitation_id = $2::uuid`;

/**
 * What the provider has already, or may have, is still looked up by its id; whatever it finds, nothing is sent again.
 * Errors are the provider's words and may repeat an address.
 */
const blankMails = `
with forgotten as (
  update deliveries as delivery
  set recipient = null, recipient_name = '', subject = '', parameters = '{}',
    status = case delivery.status when 'pending' then 'cancelled' else delivery.status end,
    due_at = case delivery.status when 'pending' then null else delivery.due_at end,
    error = case delivery.status when 'pending' then 'the person was erased' end
  where delivery.tenant_id = $1::uuid
    and (delivery.user_id = $2::uuid or (delivery.kind = 'invitation' and delivery.about_id = any ($3::uuid[])))
    and delivery.recipient is not null
  returning delivery.id
)
update delivery_attempts as attempt
set error = null
from forgotten
where attempt.tenant_id = $1::uuid and attempt.delivery_id = forgotten.id`;

/** Who was erased: a person, and the invitations of the tenant that were theirs, whether or not they ever joined. */
export interface Erasure {
  userId: string;
  invitationIds: readonly string[];
  erasedAt: Date;
}

/** Notes that a person of the session's tenant was erased, once whoever asks for a mail to them has committed. */
export async function rememberErasure(session: Session, erasure: Erasure): Promise<void> {
  const { userId, invitationIds, erasedAt } = erasure;
  const key = [session.tenantId, userId];
  await session.query(`select pg_advisory_xact_lock(${personLock})`, key);
  await session.query(insertErased, [...key, erasedAt]);
  if (invitationIds.length === 0) return;
  await session.query(lockInvitations, [session.tenantId, invitationIds]);
  await session.query(insertErasedInvitations, [session.tenantId, invitationIds, erasedAt]);
}

/** Whether a person of the session's tenant was erased; if not, they are not before the transaction ends. */
export async function isErased(session: Session, userId: string): Promise<boolean> {
  const key = [session.tenantId, userId];
  await session.query(`select pg_advisory_xact_lock_shared(${personLock})`, key);
  return (await session.query(selectErased, key)).rowCount > 0;
}

/** Whether the person of an invitation was erased; if not, they are not before the transaction ends. */
export async function isInvitationErased(session: Session, invitationId: string): Promise<boolean> {
  const key = [session.tenantId, invitationId];
  await session.query(lockInvitation, key);
  return (await session.query(selectErasedInvitation, key)).rowCount > 0;
}

/** Blanks all mails of a person and of invitations that were theirs, and cancels those that have not left. */
export async function forgetMails(
  session: Session,
  userId: string,
  invitationIds: readonly string[] = [],
): Promise<void> {
  await session.query(blankMails, [session.tenantId, userId, invitationIds]);
}
