import { v7 } from 'uuid';

declare const brand: unique symbol;

/** A tenant's id (UUID). */
export type TenantId = string & { readonly [brand]: 'TenantId' };

/** A user's id (UUID). */
export type UserId = string & { readonly [brand]: 'UserId' };

/** A new UUIDv7: unique, and ordered by time, so that fresh rows lie together in an index. */
export function newId(): string {
  return v7();
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
