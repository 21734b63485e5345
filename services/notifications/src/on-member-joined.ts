import type { EventData } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import { z } from 'zod';
import { forgetMails, isErased } from './erased-people.ts';
import { id } from './mail-recipient.ts';

/** An invitation goes to an address before anybody knows whose it is. */
const claimInvitations = `
update deliveries as delivery
set user_id = $2::uuid
where delivery.tenant_id = $1::uuid and delivery.kind = 'invitation' and delivery.user_id is null
  and lower(delivery.recipient) = lower($3)`;

/**
 * The invitations that went to somebody's address are theirs from the moment they join, and forgotten with the rest of
 * theirs, also where the news of their joining comes after that of their erasure.
 */
export async function onMemberJoined(
  session: Session,
  event: { data: EventData<'outlay.identity.member.joined.v1'> },
): Promise<void> {
  const { userId, email } = joinedSchema.parse(event.data);
  const isGone = await isErased(session, userId);
  await session.query(claimInvitations, [session.tenantId, userId, email]);
  if (isGone) await forgetMails(session, userId);
}

const joinedSchema = z.object({ userId: id, email: z.string() });
