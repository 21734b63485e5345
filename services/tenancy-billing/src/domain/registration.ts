import type { Tenant } from './tenant.ts';

/** The making of a tenant and its owner, which spans two services; its id will be the tenant's. */
export interface Registration {
  id: string;
  name: string;
  subdomain: string;
  ownerEmail: string;
}

/** What a completed registration answers, then and whenever it is repeated. */
export interface RegistrationAnswer {
  tenant: Tenant;
  ownerUserId: string;
}

/** One go at a registration. */
export interface Attempt {
  /** Whether nobody can have asked identity for the owner before. */
  isFirst: boolean;
  /** Each attempt has a later one than the one before. */
  at: Date;
}

/** What came of asking for a registration. */
export type RegistrationStart =
  /** It is under way: new, or taken up where an earlier attempt was cut off. */
  | { kind: 'open'; registration: Registration; attempt: Attempt }
  | { kind: 'completed'; answer: RegistrationAnswer }
  | { kind: 'key_reused' }
  | { kind: 'subdomain_taken' };
