import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, conflict, newId, recordAudit, toTenantId, unavailable } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { memberJoined } from '../messaging/member-joined.ts';
import type { IdentityPrisma } from '../store/database.ts';
import { findOwner, insertMembership } from '../store/memberships.ts';
import { insertTenant } from '../store/tenants.ts';
import { findUserByEmail, insertUser, newUser } from '../store/users.ts';
import { assertGoodPassword } from './assert-good-password.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { mailVerification } from './mail-token.ts';

export interface CreateOwner {
  tenantId: string;
  tenantName: string;
  subdomain: string;
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  /** From then on nobody is made any more, however late the call arrives. */
  notAfter?: Date;
}

/**
 * Makes the user who owns a new tenant, the tenant's row here, and their membership; emits member.joined, and
 * email_verification.requested, as nobody has proved the address yet. Repeated for the same tenant and e-mail it answers
 * the owner who is there, so that a registration that was cut off can go on. Throws conflict `email_taken` for an e-mail
 * that anybody has, `tenant_owned` for a tenant that somebody else owns, unavailable
 * `registration_too_late`, invalid for a password that is the owner's name, rate_limited `too_many_registrations` for a place
 * that more owners are registered from than is believable; a repetition does not count.
 */
export function createCreateOwner(dependencies: IdentityDependencies) {
  const { database, passwords, registrationQuota, clock } = dependencies;
  return async (context: CallerContext, command: CreateOwner): Promise<User> => {
    const tenantContext = { ...context, tenantId: toTenantId(command.tenantId) };

    // Looked up first, as hashing a password for nothing is what makes a retry expensive.
    const before = await database.withTenant(tenantContext, ({ prisma }) => lookUp(prisma, command));
    if (before.owner && isSame(before.owner, command)) return before.owner;
    // Whether or not the address is taken: either answer tells something.
    await registrationQuota.take(context.client?.address ?? '');
    assertFree(before);

    assertGoodPassword('password', command.password, command);
    const passwordHash = await passwords.hash(command.password);
    return database.withTenant(tenantContext, async (session) => {
      const { prisma } = session;
      const { tenantId, email, firstName, lastName } = command;
      const createdAt = clock();
      // Whoever asked may have given the registration up by then, and an owner without a tenant would keep the e-mail.
      if (command.notAfter && createdAt >= command.notAfter) throw tooLate();
      const fresh = { id: newId(), email, firstName, lastName, passwordHash, createdAt };
      const owner = newUser(fresh);
      // A twin that was faster holds the e-mail or the ownership; what it made is looked at again.
      if (!(await insertUser(prisma, fresh))) {
        const twin = await findExisting(prisma, command);
        if (twin) return twin;
      }
      await insertTenant(prisma, { tenantId, name: command.tenantName, subdomain: command.subdomain, createdAt });
      const version = await insertMembership(session, { tenantId, userId: owner.id, role: 'owner', createdAt });
      if (version === undefined) throw owned();
      await recordAudit(session, tenantContext, {
        action: 'member.joined',
        entity: 'member',
        entityId: owner.id,
        after: { role: 'owner' },
      });
      await enqueueEvents(session, tenantContext, [
        memberJoined(tenantContext.tenantId, owner, { role: 'owner', joinedAt: createdAt, version }),
      ]);
      await mailVerification(dependencies, session, tenantContext, {
        requestId: newId(),
        tenantId: tenantContext.tenantId,
        user: owner,
        email,
        isChange: false,
        at: createdAt,
      });
      return owner;
    });
  };
}

interface Present {
  owner: User | undefined;
  /** Whether anybody has the e-mail address. */
  isTaken: boolean;
}

async function lookUp(prisma: IdentityPrisma, command: CreateOwner): Promise<Present> {
  // The e-mail first: where a twin has just made the owner, both are there by then.
  const holder = await findUserByEmail(prisma, command.email);
  const owner = await findOwner(prisma, command.tenantId);
  return { owner, isTaken: holder !== null };
}

async function findExisting(prisma: IdentityPrisma, command: CreateOwner): Promise<User | undefined> {
  const present = await lookUp(prisma, command);
  if (present.owner && isSame(present.owner, command)) return present.owner;
  assertFree(present);
  return undefined;
}

function isSame(owner: User, { email }: CreateOwner): boolean {
  return owner.email.toLowerCase() === email.toLowerCase();
}

function assertFree({ owner, isTaken }: Present): void {
  if (owner) throw owned();
  if (isTaken) throw conflict('email_taken', 'Somebody has this e-mail address already');
}

function owned() {
  return conflict('tenant_owned', 'The tenant has an owner already');
}

function tooLate() {
  return unavailable('registration_too_late', 'The registration took too long');
}
