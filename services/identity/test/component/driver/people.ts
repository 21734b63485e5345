import { randomBytes } from 'node:crypto';
import { clientSecretOf, createSecretBox } from '@outlay/platform';
import { bearing, password, serviceClientSecret, type TestIdentity } from './start-identity.ts';

export const newEmail = () => `${randomBytes(6).toString('hex')}@acme.example`;

/** What tests do with the people of a tenant, in the words of the business. */
export function peopleOf(identity: TestIdentity) {
  const signIn = async (email: string, tenantId: string) => {
    const { session, user, membership } = await identity.logIn(email, { tenantId });
    return {
      email,
      tenantId,
      user: user!,
      session: session!,
      membership: membership!,
      context: bearing(session!.accessToken),
    };
  };
  return {
    signIn,
    /** Makes the address of a person count as verified, or as not verified. */
    async verify({ user }: { user: { id: string } }, isVerified = true) {
      const at = isVerified ? new Date() : null;
      await identity.query('update identity.users set email_verified_at = $2 where id = $1', [user.id, at]);
    },
    /** The owner of a new tenant, signed in. */
    async owner(given: Parameters<typeof identity.createOwner>[0] = {}) {
      const made = await identity.createOwner(given);
      return signIn(made.email, made.tenantId);
    },
    /** Somebody new in a tenant, signed in. */
    async member(
      tenantId: string,
      role: string,
      given: { email?: string; firstName?: string; lastName?: string } = {},
    ) {
      const { email = newEmail(), firstName = 'Ida', lastName = 'Berg' } = given;
      const person = { email, password, firstName, lastName, role };
      await identity.client.addMember(await identity.asService(tenantId), person);
      return signIn(email, tenantId);
    },
    /** The tenant's events, oldest first, of one type. */
    eventsOf: (tenantId: string, type: string) =>
      identity
        .query<{ envelope: { data: Record<string, unknown>; aggregateversion: number; subject: string } }>(
          'select envelope from identity.outbox where tenant_id = $1 and type = $2 order by seq',
          [tenantId, `outlay.identity.${type}.v1`],
        )
        .then((rows) => rows.map(({ envelope }) => envelope)),
    securityLogOf: (tenantId: string) =>
      identity.query<{ kind: string; actor_kind: string; actor_id: string; user_id: string | null; details: object }>(
        `select kind, actor_kind, actor_id, user_id, details from identity.security_events
         where tenant_id = $1 order by recorded_at, id`,
        [tenantId],
      ),
    auditOf: (tenantId: string, action: string) =>
      identity.query<{ actor_id: string; entity_id: string; before: object | null; after: object | null }>(
        `select actor_id, entity_id, before, after from identity.audit_entries where tenant_id = $1 and action = $2`,
        [tenantId, action],
      ),
    /** Opens what only the sender of mails can open. */
    openMailToken: (sealed: unknown, boundTo: string) =>
      createSecretBox([clientSecretOf(serviceClientSecret, 'notifications')], 'mail token').open(
        Buffer.from(String(sealed), 'base64'),
        boundTo,
      ),
  };
}
