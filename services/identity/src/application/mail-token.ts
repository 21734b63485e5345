import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, DomainError, type TenantId } from '@outlay/platform';
import { type TokenPurpose, tokenLifetimeMs } from '../domain/one-time-token.ts';
import { hashOpaqueToken, newOpaqueToken } from '../domain/opaque-token.ts';
import type { User } from '../domain/person.ts';
import { emailVerificationRequested, type MailedToken } from '../messaging/person-events.ts';
import type { IdentitySession } from '../store/database.ts';
import { enterTenant } from '../store/enter-tenant.ts';
import { insertOneTimeToken } from '../store/one-time-tokens.ts';
import type { IdentityDependencies } from './dependencies.ts';

type Needs = Pick<IdentityDependencies, 'mailTokens'>;

/**
 * Makes a token for an address and seals it for the sender of mails, bound to the request: the database knows its hash
 * alone. Older ones of the purpose are worthless from then on. Answers undefined where the request has a token already.
 * The person must be locked.
 */
export async function makeMailToken(
  { mailTokens }: Needs,
  session: IdentitySession,
  asked: { requestId: string; purpose: TokenPurpose; userId: string; email: string; at: Date },
): Promise<MailedToken | undefined> {
  const { at: issuedAt, ...token } = asked;
  const secret = newOpaqueToken();
  const expiresAt = new Date(issuedAt.getTime() + tokenLifetimeMs[token.purpose]);
  const isNew = await insertOneTimeToken(session, { ...token, hash: hashMailToken(secret), issuedAt, expiresAt });
  if (!isNew) return undefined;
  return { requestId: token.requestId, sealedToken: mailTokens.seal(secret, token.requestId), expiresAt };
}

/** Has a verification mailed to an address: the person's own or, where `isChange`, the one that it is to be. */
export async function mailVerification(
  dependencies: Needs,
  session: IdentitySession,
  context: CallerContext,
  asked: { requestId: string; tenantId: TenantId; user: User; email: string; isChange: boolean; at: Date },
): Promise<void> {
  const { requestId, tenantId, user, email, isChange, at } = asked;
  const purpose = isChange ? 'email_change' : 'email_verification';
  const mailed = await makeMailToken(dependencies, session, { requestId, purpose, userId: user.id, email, at });
  if (!mailed) return;
  await enterTenant(session, tenantId, () =>
    enqueueEvents(session, context, [emailVerificationRequested(tenantId, user, { ...mailed, email, isChange })]),
  );
}

/** What a token is looked up by. Throws invalid `one_time_token_invalid` for text that is none of ours. */
export function hashMailToken(token: string): Buffer {
  const hash = hashOpaqueToken(token);
  if (!hash) throw tokenInvalid();
  return hash;
}

/** One answer for a token that is unknown, used, replaced, expired or for something else. */
export function tokenInvalid(): DomainError {
  return new DomainError('invalid', 'one_time_token_invalid', 'The token is not valid, not any more, or was used');
}
