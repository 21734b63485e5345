import { clientSecretOf, createSecretBox } from '@outlay/platform';
import { serviceClientSecret, type TestIdentity } from './start-identity.ts';

interface Mailed {
  type: string;
  tenantId: string;
  data: Record<string, string> & { isChange?: boolean };
}

/** What the sender of mails hears of a person, and can open. */
export function mailsOf(identity: TestIdentity) {
  const box = createSecretBox([clientSecretOf(serviceClientSecret, 'notifications')], 'mail token');
  /** The events of one type about a person, whatever the tenant, oldest first. */
  const about = (userId: string, type: string) =>
    identity.query<Mailed>(
      `select type, tenant_id as "tenantId", envelope -> 'data' as data from identity.outbox
       where subject = $1 and type = $2 order by seq`,
      [userId, `outlay.identity.${type}.v1`],
    );
  const tokens = async (userId: string, type: string) =>
    (await about(userId, type)).map(({ data }) => box.open(Buffer.from(data.sealedToken!, 'base64'), data.requestId!));
  return {
    about,
    tokens,
    /** The token that was mailed to a person last. */
    async lastToken(userId: string, type: 'email_verification.requested' | 'password_reset.requested') {
      const token = (await tokens(userId, type)).at(-1);
      if (!token) throw new Error('Nothing was mailed');
      return token;
    },
    /** What the person was told of their credentials, and where. */
    told: async (userId: string) =>
      (await about(userId, 'credentials.changed')).map(({ data }) => ({ change: data.change, email: data.email })),
  };
}
