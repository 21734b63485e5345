import { createHmac } from 'node:crypto';
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
import type { Registration, RegistrationAnswer } from '../domain/registration.ts';
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
 * A step done twice has no further effect. Honours the idempotency key, without a tenant, across all callers.
 *
 * Throws conflict `subdomain_taken` or `email_taken`, invalid for what identity finds wrong with the owner, unavailable
 * `identity_unavailable`.
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
      idempotencyKey: context.idempotencyKey,
      requestHash: hashOf(command),
    };
    const start = await database.withGlobal((session) => startRegistration(session, request, clock()));
    if (start.kind === 'subdomain_taken') throw conflict('subdomain_taken', 'The subdomain is taken');
    if (start.kind === 'key_reused') throw idempotencyKeyReused();
    if (start.kind === 'completed') return { ...start.answer, replayed: true };

    const owner = await makeOwner(context, start.registration, command);
    const { isFirst, ...answer } = await makeTenant(dependencies, context, start.registration, owner);
    return { ...answer, replayed: !isFirst };
  };

  async function makeOwner(
    context: CallerContext,
    registration: Registration,
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
      });
    } catch (error) {
      if (hasDoneNothing(error)) await database.withGlobal(({ prisma }) => abandonRegistration(prisma, registration));
      throw isAboutTheOwner(error) ? inOurFields(error) : identityUnavailable(error);
    }
  }

  /** With the password keyed, as the hash is stored: a plain one would let it be guessed from the database. */
  function hashOf({ ownerPassword, ...command }: RegisterTenant): Buffer {
    const passwordProof = createHmac('sha256', serviceClientSecret).update(ownerPassword).digest('base64');
    return hashRequest({ ...command, passwordProof });
  }
}

/** Whether it is certain that identity has made nobody. Of a call that found no end in time nothing is certain. */
function hasDoneNothing(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  const isOpen = error.kind === 'unavailable' || error.kind === 'deadline_exceeded' || error.kind === 'internal';
  return !isOpen || error.code === 'overloaded';
}

/** Anything else, such as being refused as a service, is no fault of the caller's. */
function isAboutTheOwner(error: unknown): error is DomainError {
  return isDomainError(error, 'conflict') || isDomainError(error, 'invalid');
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
