import { type CallerContext, newId } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import { addResetJob } from '../store/reset-jobs.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';

/** What the job needs to know; the address is sealed, as it may be anybody's. */
export interface ResetRequest {
  requestId: string;
  sealedEmail: string;
}

/**
 * Has a link for a new password mailed, where somebody has the address. Whoever asks is answered alike whether or not,
 * and the same work is done: one job, which looks for the person when the answer is out. What is too much for an
 * address, or from one place, is dropped in silence. Honours the idempotency key.
 */
export function createRequestPasswordReset({ database, secrets, mailQuota }: IdentityDependencies) {
  return async (context: CallerContext, command: { email: string }): Promise<{ replayed: boolean }> => {
    const { email } = command;
    const isWithinQuota = await mailQuota.takeForAddress(email, context.client?.address ?? '');
    // Of strangers nobody is bound by a key that another one chose. Keyed, as it may be anybody's address.
    const account = secrets.digest(Buffer.from(emailKey(email))).toString('base64url');
    const asked = { operation: `RequestPasswordReset ${account}`, request: command };
    const { replayed } = await database.withGlobal((session) =>
      once(secrets, session, context, asked, async () => {
        if (!isWithinQuota) return;
        const requestId = newId();
        const sealedEmail = secrets.seal(email, resetRequest(requestId)).toString('base64');
        await addResetJob(session, { requestId, sealedEmail });
      }),
    );
    return { replayed };
  };
}

export function resetRequest(requestId: string): string {
  return `password reset ${requestId}`;
}
