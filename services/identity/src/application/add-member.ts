import { createHmac } from 'node:crypto';
import { enqueueEvents } from '@outlay/messaging';
import { conflict, idempotent, newId, recordAudit, type TenantContext } from '@outlay/platform';
import type { assignableRoles, User } from '../domain/person.ts';
import { memberJoined } from '../messaging/member-joined.ts';
import type { IdentityPrisma } from '../store/database.ts';
import { insertMembership } from '../store/memberships.ts';
import { findUserByEmail, insertUser, type NewUser } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';

export interface AddMember {
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  role: (typeof assignableRoles)[number];
}

export interface AddedMember {
  user: User;
  role: string;
}

/**
 * Adds a person to the caller's tenant, making the user where nobody has the e-mail; somebody who has it keeps their
 * name and password. Emits member.joined. Honours the idempotency key. Throws conflict `already_member`.
 */
export function createAddMember({ database, passwords, serviceClientSecret, clock }: IdentityDependencies) {
  return async (context: TenantContext, command: AddMember): Promise<AddedMember> => {
    const { password, ...member } = command;
    // The request's hash is stored with the key. Keyed, the password in it cannot be guessed from the database.
    const passwordProof = createHmac('sha256', serviceClientSecret).update(password).digest('base64');
    const known = await database.withGlobal(({ prisma }) => findUserByEmail(prisma, member.email), { readOnly: true });
    const passwordHash = known ? '' : await passwords.hash(password);

    const { answer } = await database.withTenant(context, (session) =>
      idempotent(session, context, { operation: 'AddMember', request: { ...member, passwordProof } }, async () => {
        const joinedAt = clock();
        const fresh = { id: newId(), ...nameOf(member), platformAdmin: false, createdAt: joinedAt, passwordHash };
        const user = known ?? (await insertOrFind(session.prisma, fresh));
        const { tenantId } = context;
        const membership = { tenantId, userId: user.id, role: member.role, createdAt: joinedAt };
        if (!(await insertMembership(session.prisma, membership))) {
          throw conflict('already_member', 'This person belongs to the tenant already');
        }
        await recordAudit(session, context, {
          action: 'member.joined',
          entity: 'member',
          entityId: user.id,
          after: { role: member.role, email: user.email },
        });
        await enqueueEvents(session, context, [memberJoined(tenantId, user, member.role, joinedAt)]);
        return { user: { ...user, createdAt: user.createdAt.toISOString() }, role: member.role };
      }),
    );
    return { user: { ...answer.user, createdAt: new Date(answer.user.createdAt) }, role: answer.role };
  };
}

function nameOf({ email, firstName, lastName }: Omit<AddMember, 'password'>) {
  return { email, firstName, lastName };
}

/** Somebody may have taken the e-mail since it was looked up. */
async function insertOrFind(prisma: IdentityPrisma, fresh: NewUser): Promise<User> {
  if (await insertUser(prisma, fresh)) {
    const { passwordHash: _passwordHash, ...user } = fresh;
    return user;
  }
  const user = await findUserByEmail(prisma, fresh.email);
  if (!user) throw new Error('A user with this e-mail vanished');
  return user;
}
