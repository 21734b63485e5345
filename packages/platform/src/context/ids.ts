import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

declare const brand: unique symbol;

/** A tenant's id (UUID). */
export type TenantId = string & { readonly [brand]: 'TenantId' };

/** A user's id (UUID). */
export type UserId = string & { readonly [brand]: 'UserId' };

/** The UUID that names nothing (RFC 9562, 5.9), and stands before all others in their order. */
export const nilId = '00000000-0000-0000-0000-000000000000';

/** A new UUIDv7: unique, and ordered by time, so that fresh rows lie together in an index. */
export function newId(): string {
  const random = takeRandom();
  const now = Date.now();
  // RFC 9562, 6.2, method 1: ids of one millisecond are counted on from a random number.
  if (now > latest.msecs) latest = { msecs: now, seq: random.readUInt32BE(0) >>> 1 };
  else latest.seq += 1;
  return v7({ random, msecs: latest.msecs, seq: latest.seq });
}

let latest = { msecs: 0, seq: 0 };

const idBytes = 16;
// Asking the operating system for each id's own bytes takes six times as long as all the rest of making it, and an
// import makes five ids a row.
const randomPool = Buffer.alloc(256 * idBytes);
let randomTaken = randomPool.length;

function takeRandom(): Buffer {
  if (randomTaken === randomPool.length) {
    randomFillSync(randomPool);
    randomTaken = 0;
  }
  randomTaken += idBytes;
  return randomPool.subarray(randomTaken - idBytes, randomTaken);
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID of any version in the usual form. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Brands a UUID as a tenant's id. Throws RangeError on anything else: what was not parsed must not reach SQL. */
export function toTenantId(text: string): TenantId {
  if (!isUuid(text)) throw new RangeError('A tenant id must be a UUID');
  return text.toLowerCase() as TenantId;
}

/** Brands a UUID as a user's id. Throws RangeError on anything else. */
export function toUserId(text: string): UserId {
  if (!isUuid(text)) throw new RangeError('A user id must be a UUID');
  return text.toLowerCase() as UserId;
}
