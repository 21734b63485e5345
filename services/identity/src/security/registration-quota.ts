import { createHash } from 'node:crypto';
import { clientNetwork, rateLimited } from '@outlay/platform';
import type { IdentityDatabase } from '../store/database.ts';
import { createDatabaseLimiter, waitAfter } from './database-limiter.ts';

/** Bounds how often people are registered from one place: each attempt tells whether an address is taken, or mails to it. */
export interface RegistrationQuota {
  /** Throws rate_limited `too_many_registrations`. Nothing is counted where no client is known, as for a seed. */
  take(clientAddress: string): Promise<void>;
}

const hour = 3_600;

/** Counted in the database alone: registrations are few, and hold without Redis. `perHour` 0 does not limit. */
export function createRegistrationQuota(database: IdentityDatabase, perHour: number): RegistrationQuota {
  const limit = { keyPrefix: 'registration:network', points: perHour, duration: hour };
  const perNetwork = createDatabaseLimiter(database, limit);
  return {
    async take(clientAddress) {
      if (clientAddress === '' || perHour === 0) return;
      const network = createHash('sha256').update(clientNetwork(clientAddress)).digest('base64url');
      const waitMs = await waitAfter(perNetwork.consume(network));
      if (waitMs > 0) throw rateLimited('too_many_registrations', 'Too many registrations from here', waitMs);
    },
  };
}
