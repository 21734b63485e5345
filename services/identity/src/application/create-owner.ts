import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, conflict, newId, recordAudit, toTenantId } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { memberJoined } from '../messaging/member-joined.ts';
import type { IdentityPrisma } from '../store/database.ts';
import { findOwner, insertMembership } from '../store/memberships.ts';
import { insertTenant } from '../store/tenants.ts';
import { findUserByEmail, insertUser } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';

export interface CreateOwner {
  tenantId: string;
  tenantName: string;
  subdomain: string;
  email: string;
  password: string;
  firstName: string;
  lastName: string;
}

/**
 * Makes the user who owns a new tenant, the tenant's row here, and their membership; emits member.joined. Repeated
 * for the same tenant and e-mail it answers the owner who is there, so that a registration that was cut off can go
 * on. Throws conflict `email_taken` for an e-mail that anybody has, `tenant_owned` for a tenant that somebody else
 * owns.
 */
export function createCreateOwner({ database, passwords, clock }: IdentityDependencies) {
  return async (context: CallerContext, command: CreateOwner): Promise<User> => {
    const tenantContext = { ...context, tenantId: toTenantId(command.tenantId) };

    // Looked up first, as hashing a password for nothing is what makes a retry expensive.
    const existing = await database.withTenant(tenantContext, ({ prisma }) => findExisting(prisma, command));
    if (existing) return existing;

    const passwordHash = await passwords.hash(command.password);
    return database.withTenant(tenantContext, async (session) => {
      const { prisma } = session;
      const { tenantId, email, firstName, lastName } = command;
      const createdAt = clock();
      const owner: User = { id: newId(), email, firstName, lastName, platformAdmin: false, createdAt };
      // A twin that was faster holds the e-mail or the ownership; what it made is looked at again.
      if (!(await insertUser(prisma, { ...owner, passwordHash }))) {
        const twin = await findExisting(prisma, command);
        if (twin) return twin;
      }
      await insertTenant(prisma, { tenantId, name: command.tenantName, subdomain: command.subdomain, createdAt });
      if (!(await insertMembership(prisma, { tenantId, userId: owner.id, role: 'owner', createdAt }))) throw owned();
      await recordAudit(session, tenantContext, {
        action: 'member.joined',
        entity: 'member',
        entityId: owner.id,
        after: { role: 'owner', email },
      });
      await enqueueEvents(session, tenantContext, [memberJoined(tenantContext.tenantId, owner, 'owner', createdAt)]);
      return owner;
    });
  };
}

async function findExisting(prisma: IdentityPrisma, command: CreateOwner): Promise<User | undefined> {
  const owner = await findOwner(prisma, command.tenantId);
  if (owner?.email.toLowerCase() === command.email.toLowerCase()) return owner;
  if (owner) throw owned();
  if (await findUserByEmail(prisma, command.email)) {
    throw conflict('email_taken', 'Somebody has this e-mail address already');
  }
  return undefined;
}

function owned() {
  return conflict('tenant_owned', 'The tenant has an owner already');
}
