import type { Role } from '@outlay/platform';

/** A person, whatever tenants they belong to. */
export interface User {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  platformAdmin: boolean;
  emailVerified: boolean;
  /** Whether a second factor is asked for at log-in. */
  totpEnabled: boolean;
  version: bigint;
  createdAt: Date;
}

/** What joins a person to a tenant. */
export interface Membership {
  tenantId: string;
  tenantName: string;
  subdomain: string;
  role: Role;
}

/** A person as the tenant sees them. */
export interface Member {
  user: User;
  role: Role;
  joinedAt: Date;
  /** Of the membership. */
  version: bigint;
}

/** The roles that an owner or admin can give; ownership is only ever handed over. */
export const assignableRoles = ['admin', 'analyst', 'member'] as const satisfies readonly Role[];
