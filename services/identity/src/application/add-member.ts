import { identity as contract } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { newId, recordAudit, type TenantContext } from '@outlay/platform';
import type { assignableRoles, User } from '../domain/person.ts';
import { memberJoined } from '../messaging/member-joined.ts';
import type { IdentityPrisma } from '../store/database.ts';
import { findMember, insertMembership } from '../store/memberships.ts';
import { findUserByEmail, insertUser, type NewUser, newUser } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import { alreadyMember, assertSeat, holdTenant } from './seats.ts';
import { recordSecurity } from './security-log.ts';

export interface AddMember {
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  role: (typeof assignableRoles)[number];
}

/**
 * Adds a person to the caller's tenant, making the user where nobody has the e-mail; somebody who has it keeps their
 * name and password. Emits member.joined. Honours the idempotency key. Throws conflict `already_member`, forbidden
 * `plan_limit_reached`.
 */
export function createAddMember({ database, passwords, secrets, clock }: IdentityDependencies) {
  return async (context: TenantContext, command: AddMember): Promise<contract.AddMemberResponse> => {
    const { tenantId } = context;
    const { password, role, ...name } = command;
    const known = await database.withGlobal(({ prisma }) => findUserByEmail(prisma, name.email), { readOnly: true });
    const passwordHash = known ? '' : await passwords.hash(password);

    const { answer } = await database.withTenant(context, (session) => {
      const asked = { operation: 'AddMember', request: command, codec: contract.AddMemberResponse };
      return once(secrets, session, context, asked, async () => {
        const joinedAt = clock();
        const tenant = await holdTenant(session, tenantId);
        if (known && (await findMember(session, tenantId, known.id))) throw alreadyMember();
        await assertSeat(session, tenantId, { tenant, now: joinedAt });
        // The service that adds somebody answers for the address.
        const fresh = { id: newId(), ...name, emailVerifiedAt: joinedAt, createdAt: joinedAt, passwordHash };
        const user = known ?? (await insertOrFind(session.prisma, fresh));
        const version = await insertMembership(session, { tenantId, userId: user.id, role, createdAt: joinedAt });
        if (version === undefined) throw alreadyMember();
        await recordAudit(session, context, {
          action: 'member.joined',
          entity: 'member',
          entityId: user.id,
          after: { role },
        });
        await recordSecurity(session, context, [tenantId], {
          kind: 'member.joined',
          userId: user.id,
          details: { role },
          at: joinedAt,
        });
        await enqueueEvents(session, context, [memberJoined(tenantId, user, { role, joinedAt, version })]);
        return { user, role };
      });
    });
    return answer;
  };
}

/** Somebody may have taken the e-mail since it was looked up. */
async function insertOrFind(prisma: IdentityPrisma, fresh: NewUser): Promise<User> {
  if (await insertUser(prisma, fresh)) return newUser(fresh);
  const user = await findUserByEmail(prisma, fresh.email);
  if (!user) throw new Error('A user with this e-mail vanished');
  return user;
}
