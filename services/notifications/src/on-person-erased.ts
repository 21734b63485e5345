import type { EventData } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import { z } from 'zod';
import { forgetMails, rememberErasure } from './erased-people.ts';
import { id } from './mail-recipient.ts';

/**
 * Forgets to whom the person's mails of this tenant went and what they said; what is kept is that they left, and when.
 * Mails that have not left are cancelled, and events about the person that come later have no mail any more.
 */
export async function onPersonErased(
  session: Session,
  event: { data: EventData<'outlay.identity.person.erased.v1'> },
): Promise<void> {
  const erasure = erasedSchema.parse(event.data);
  await rememberErasure(session, erasure);
  await forgetMails(session, erasure.userId, erasure.invitationIds);
}

const erasedSchema = z.object({ userId: id, erasedAt: z.date(), invitationIds: z.array(id) });
