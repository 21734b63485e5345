import { z } from 'zod';
import type { RegistrationAnswer } from '../domain/registration.ts';
import type { Tenant } from '../domain/tenant.ts';

/** A tenant as JSON can hold it. */
export type StoredTenant = Omit<Tenant, 'version' | 'createdAt' | 'updatedAt'> &
  Record<'version' | 'createdAt' | 'updatedAt', string>;

export function toStoredTenant(tenant: Tenant): StoredTenant {
  return {
    ...tenant,
    version: tenant.version.toString(),
    createdAt: tenant.createdAt.toISOString(),
    updatedAt: tenant.updatedAt.toISOString(),
  };
}

export function fromStoredTenant(stored: StoredTenant): Tenant {
  return {
    ...stored,
    version: BigInt(stored.version),
    createdAt: new Date(stored.createdAt),
    updatedAt: new Date(stored.updatedAt),
  };
}

export function toStoredAnswer({ tenant, ownerUserId }: RegistrationAnswer) {
  const stored = toStoredTenant(tenant);
  return { tenant: { ...stored, plan: { ...stored.plan }, settings: { ...stored.settings } }, ownerUserId };
}

const answerShape = z.object({ tenant: z.custom<StoredTenant>(), ownerUserId: z.string() });

export function fromStoredAnswer(json: unknown): RegistrationAnswer {
  const { tenant, ownerUserId } = answerShape.parse(json);
  return { tenant: fromStoredTenant(tenant), ownerUserId };
}
