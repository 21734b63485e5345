import { identity as contract } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { changeUserEmail, verifyUserEmail } from '../store/change-user.ts';
import type { IdentitySession } from '../store/database.ts';
import { endTakeoverTokens, findOneTimeToken, useOneTimeToken } from '../store/one-time-tokens.ts';
import { tenantsOfPerson } from '../store/tenants-of-person.ts';
import { emailTaken } from './change-email.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { lockPerson } from './lock-person.ts';
import { hashMailToken, tokenInvalid } from './mail-token.ts';
import { once } from './once.ts';
import { recordSecurity } from './security-log.ts';
import { noteCredentials, provedBy, tellOfUpdate } from './tell-tenants.ts';

/**
 * Verifies the address that a token was mailed to. Of a change of address this is what makes it the person's: sessions
 * stay, the address before is told, and every other token of theirs is worthless, as it may lie in the mailbox that was
 * left. Emits member.updated and credentials.changed then. Honours the idempotency key. Throws invalid
 * `one_time_token_invalid`, conflict `email_taken` where somebody was faster.
 */
export function createVerifyEmail({ database, secrets, clock }: IdentityDependencies) {
  return async (context: CallerContext, command: { token: string }): Promise<contract.VerifyEmailResponse> => {
    const hash = hashMailToken(command.token);
    // Of strangers nobody is bound by a key that another one chose.
    const operation = `VerifyEmail ${hash.toString('base64url')}`;
    const asked = { operation, request: command, codec: contract.VerifyEmailResponse };
    const { answer, replayed } = await database.withGlobal((session) =>
      once(secrets, session, context, asked, async () => {
        const at = clock();
        const token = await findOneTimeToken(session, hash, at);
        if (!token || token.purpose === 'password_reset') throw tokenInvalid();
        const { user } = await lockPerson(session, token.userId);
        if (!(await useOneTimeToken(session, hash, at))) throw tokenInvalid();
        const holder = provedBy(context, user.id);
        if (token.purpose === 'email_change') await change(session, holder, { user, email: token.email, at });
        else await verify(session, holder, { user, email: token.email, at });
        return { email: token.email, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}

interface Verified {
  user: User;
  email: string;
  at: Date;
}

async function verify(session: IdentitySession, context: CallerContext, { user, email, at }: Verified): Promise<void> {
  // It was mailed to an address that is theirs no more.
  if (email !== user.email) throw tokenInvalid();
  if (user.emailVerified) return;
  await verifyUserEmail(session, user.id, at);
  const tenants = await tenantsOfPerson(session, user.id);
  const ids = tenants.map(({ tenantId }) => tenantId);
  await recordSecurity(session, context, ids, { kind: 'email.verified', userId: user.id, at });
}

async function change(session: IdentitySession, context: CallerContext, { user, email, at }: Verified): Promise<void> {
  const changed = await changeUserEmail(session, { userId: user.id, email, at });
  if (!changed) throw emailTaken();
  await endTakeoverTokens(session, user.id, at);
  const told = { kind: 'email.changed', change: 'email_changed', at, email: user.email } as const;
  const tenants = await noteCredentials(session, context, changed, told);
  await tellOfUpdate(session, context, tenants, { user: changed, fields: ['email'], at });
}
