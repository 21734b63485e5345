import { accessTokenSeconds } from './lifetimes.ts';

/** When a key signs, and until when it is published. */
export interface KeyTerm {
  kid: string;
  createdAt: Date;
  /** It is published from its making on, and signs from here on. */
  signsFrom: Date;
  /** It signs until here, which may lie ahead; undefined while no successor is known. */
  retiredAt: Date | undefined;
  /** Its tokens count no more. */
  withdrawnAt: Date | undefined;
}

/**
 * How long a new key is published before it signs: longer than everybody together takes to hear of it. A replica reads
 * the keys every 5 seconds, verifiers ask again within a minute, and what the gateway publishes may be kept for another.
 */
export const announcedMs = 10 * 60_000;

/** How long a retired key stays published: its last token's life, and what clocks differ. */
const publishedAfterRetiringMs = accessTokenSeconds * 1000 + 60_000;

/** The nightly run may come a little earlier than the last one did. */
const slackMs = 3_600_000;

/** The key to sign with: the newest whose time has come, or what comes nearest to it where clocks differ. */
export function signingKeyOf<K extends KeyTerm>(keys: readonly K[], now: Date): K | undefined {
  const inOrder = keys
    .filter(({ withdrawnAt }) => withdrawnAt === undefined)
    .sort((left, right) => Number(right.signsFrom) - Number(left.signsFrom) || (left.kid < right.kid ? -1 : 1));
  const begun = inOrder.filter(({ signsFrom }) => signsFrom <= now);
  return begun.find(({ retiredAt }) => retiredAt === undefined || retiredAt > now) ?? begun[0] ?? inOrder.at(-1);
}

/** Whether verifiers must know the key: it may have signed a token that is still good, or is about to. */
export function isPublished({ retiredAt, withdrawnAt }: KeyTerm, now: Date): boolean {
  if (withdrawnAt !== undefined) return false;
  return retiredAt === undefined || retiredAt.getTime() + publishedAfterRetiringMs > now.getTime();
}

/** Whether it is time for another key: the newest one is so many days old. */
export function isRotationDue(keys: readonly KeyTerm[], days: number, now: Date): boolean {
  const newest = Math.max(...keys.map(({ createdAt }) => createdAt.getTime()));
  return now.getTime() - newest >= days * 24 * 3_600_000 - slackMs;
}
