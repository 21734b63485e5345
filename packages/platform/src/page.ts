import { hash } from 'node:crypto';
import type { z } from 'zod';
import { currentCallScope } from './context/call-scope.ts';
import { toJson } from './database/audit.ts';
import { invalid } from './errors/domain-error.ts';

const limitDefault = 50;
const limitMax = 200;

/** A cursor is part of an address; what takes one refuses a longer one than any list gives. */
export const cursorMaxLength = 2_048;

/** Which page of a list is wanted, as every RPC that lists asks it. A limit of 0 means 50, no cursor the beginning. */
export interface PageRequest {
  limit: number;
  cursor: string;
}

/** What an RPC that lists tells of the page it answers. `nextCursor` is empty on the last one. */
export interface PageInfo {
  limit: number;
  hasMore: boolean;
  nextCursor: string;
}

/**
 * Reads a page request whose cursors hold what `position` describes; `after` is undefined for the first page. Throws
 * invalid: `out_of_range` for a limit that is not 1 to 200, `cursor_invalid` for a cursor that this list did not give.
 */
export function parsePage<S extends z.ZodType>(
  page: PageRequest | undefined,
  position: S,
): { limit: number; after: z.output<S> | undefined } {
  const limit = page?.limit || limitDefault;
  if (limit < 1 || limit > limitMax) throw invalid('limit', 'out_of_range', `must be 1 to ${limitMax}`);
  if (!page?.cursor) return { limit, after: undefined };
  const parsed = position.safeParse(decodeCursor(page.cursor));
  if (!parsed.success) throw invalid('cursor', 'cursor_invalid', 'is not a cursor of this list with these parameters');
  return { limit, after: parsed.data };
}

/** A page of what was found, of which one more than the limit was asked for; `positionOf` says where the next begins. */
export function toPage<T>(
  found: readonly T[],
  limit: number,
  positionOf: (last: T) => unknown,
): { entries: T[]; page: PageInfo } {
  const entries = found.slice(0, limit);
  const last = entries.at(-1);
  return { entries, page: toPageInfo(limit, found.length > limit, last && positionOf(last)) };
}

/** Says where the next page begins: behind the position `last`. */
export function toPageInfo(limit: number, hasMore: boolean, last: unknown): PageInfo {
  return { limit, hasMore, nextCursor: hasMore ? encodeCursor(last) : '' };
}

/**
 * A position in a list as text that means nothing to anybody else; bigints become text, bytes hexadecimal. It is bound to
 * the list: many have positions of one shape, and one list's would begin another's anywhere. Throws where it would be
 * longer than `cursorMaxLength`: a list is never told to go on with what is refused.
 */
export function encodeCursor(position: unknown, list = listBeingRead()): string {
  const toText = function (this: Record<string, unknown>, key: string, value: unknown): unknown {
    const own = this[key];
    if (Buffer.isBuffer(own)) return own.toString('hex');
    return typeof value === 'bigint' ? value.toString() : value;
  };
  const cursor = Buffer.from(JSON.stringify([list, position], toText)).toString('base64url');
  if (cursor.length > cursorMaxLength) throw new Error(`A cursor of ${cursor.length} characters is too long`);
  return cursor;
}

/** What a cursor of this list holds; undefined where it is none, or holds text that no list has and no database takes. */
export function decodeCursor(cursor: string, list = listBeingRead()): unknown {
  try {
    const held: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'), refuseUnstorable);
    return Array.isArray(held) && held.length === 2 && held[0] === list ? held[1] : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The RPC that is being answered and all that it is asked but the page: its filters, its order, whose list it is. Equal
 * for equal requests, as the fields of a message are always in the same order.
 */
function listBeingRead(): string {
  const { rpc, request } = currentCallScope() ?? {};
  return hash('sha256', toJson([rpc, { ...request, page: undefined }]) ?? '', 'base64url').slice(0, 16);
}

function refuseUnstorable(key: string, value: unknown): unknown {
  for (const text of [key, value]) {
    if (typeof text === 'string' && (text.includes('\u0000') || !text.isWellFormed())) throw new Error('no such text');
  }
  return value;
}
