import { createHash, createHmac } from 'node:crypto';
import {
  type CallerContext,
  conflict,
  DomainError,
  hashRequest,
  idempotencyKeyReused,
  isDomainError,
  newId,
  unavailable,
} from '@outlay/platform';
import type { Attempt, Registration, RegistrationAnswer } from '../domain/registration.ts';
import type { Owner } from '../messaging/tenant-events.ts';
import { abandonRegistration, startRegistration } from '../store/registrations.ts';
import type { TenancyDependencies } from './dependencies.ts';
import { makeTenant } from './make-tenant.ts';

export interface RegisterTenant {
  name: string;
  subdomain: string;
  ownerEmail: string;
  ownerPassword: string;
  ownerFirstName: string;
  ownerLastName: string;
}

/**
 * Makes a tenant together with its owner, who lives in identity. Three steps: claim the subdomain here, make the owner
 * there, make the tenant here. When identity refuses, the claim is given back. When its answer is not known the claim
 * stays: the same request takes it up again, or a job settles it within two minutes; until then there is no tenant.
 * A step done twice has no further effect. Honours the idempotency key, which counts for the owner's address: two strangers
 * who chose the same one neither hinder each other nor learn of each other.
 *
 * Throws conflict `subdomain_taken` or `email_taken`, invalid for what identity finds wrong with the owner, unavailable
 * `identity_unavailable`, rate_limited `too_many_registrations`.
 */
export function createRegisterTenant(dependencies: TenancyDependencies) {
  const { database, neighbours, serviceClientSecret, clock } = dependencies;

  return async (
    context: CallerContext,
    command: RegisterTenant,
  ): Promise<RegistrationAnswer & { replayed: boolean }> => {
    // With identity away nothing need be begun.
    await neighbours.ensureToken().catch((error: unknown) => {
      throw identityUnavailable(error);
    });

    const { name, subdomain, ownerEmail } = command;
    const request = {
      id: newId(),
      name,
      subdomain,
      ownerEmail,
      idempotencyKey: keyOf(context, command),
      requestHash: hashOf(command),
    };
    const start = await database.withGlobal((session) => startRegistration(session, request, clock()));
    if (start.kind === 'subdomain_taken') throw conflict('subdomain_taken', 'The subdomain is taken');
    if (start.kind === 'key_reused') throw idempotencyKeyReused();
    if (start.kind === 'completed') return { ...start.answer, replayed: true };

    const owner = await makeOwner(context, start, command);
    const { isFirst, ...answer } = await makeTenant(dependencies, context, start.registration, owner);
    return { ...answer, replayed: !isFirst };
  };

  async function makeOwner(
    context: CallerContext,
    { registration, attempt }: { registration: Registration; attempt: Attempt },
    command: RegisterTenant,
  ): Promise<Owner> {
    try {
      return await neighbours.createOwner(context, {
        tenantId: registration.id,
        tenantName: registration.name,
        subdomain: registration.subdomain,
        email: command.ownerEmail,
        password: command.ownerPassword,
        firstName: command.ownerFirstName,
        lastName: command.ownerLastName,
        notAfter: new Date(attempt.at.getTime() + ownerWithinMs),
      });
    } catch (error) {
      if (hasNoOwner(error, attempt)) {
        await database.withGlobal(({ prisma }) => abandonRegistration(prisma, registration, attempt));
      }
      throw isAboutTheOwner(error) ? inOurFields(error) : identityUnavailable(error);
    }
  }

  /** With the password keyed, as the hash is stored: a plain one would let it be guessed from the database. */
  function hashOf({ ownerPassword, ...command }: RegisterTenant): Buffer {
    const passwordProof = createHmac('sha256', serviceClientSecret).update(ownerPassword).digest('base64');
    return hashRequest({ ...command, passwordProof });
  }
}

function keyOf({ idempotencyKey }: CallerContext, { ownerEmail }: RegisterTenant): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  return createHash('sha256').update(`${ownerEmail.toLowerCase()} ${idempotencyKey}`).digest('base64url');
}

/** A call that is held up on its way must not make an owner whose registration has been given up meanwhile. */
const ownerWithinMs = 20_000;

/**
 * Whether it is certain that the tenant has no owner and gets none from this attempt or one before. Of a call that found
 * no end in time nothing is certain. That the e-mail is somebody else's, or the owner not good enough, is as true of the
 * attempts before, which asked for the same; any other refusal says only that this attempt has made nobody.
 */
function hasNoOwner(error: unknown, { isFirst }: Attempt): boolean {
  if (!(error instanceof DomainError)) return false;
  if (error.code === 'email_taken' || error.kind === 'invalid') return true;
  if (error.code === 'tenant_owned') return false;
  const isOpen = error.kind === 'unavailable' || error.kind === 'deadline_exceeded' || error.kind === 'internal';
  return isFirst && (!isOpen || error.code === 'overloaded');
}

/** Anything else, such as being refused as a service, is no fault of the caller's. */
function isAboutTheOwner(error: unknown): error is DomainError {
  if (!isDomainError(error)) return false;
  return error.kind === 'conflict' || error.kind === 'invalid' || error.code === 'too_many_registrations';
}

function identityUnavailable(cause: unknown): DomainError {
  return unavailable('identity_unavailable', 'Registration is not possible at the moment, try again', cause);
}

/** identity calls the owner's fields by their own names. */
function inOurFields(error: DomainError): DomainError {
  const { kind, code, message, meta } = error;
  const details = error.details.map((detail) => ({ ...detail, field: `owner_${detail.field}` }));
  return new DomainError(kind, code, message, { meta, details, cause: error });
}
