import { hash, verify } from '@node-rs/argon2';
import { createTurns, unavailable } from '@outlay/platform';

/**
 * argon2id at OWASP's first recommendation: 19 MiB, two passes, one lane. The numbers stand in each hash, so they
 * can be raised without making a stored one useless.
 */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashing at once. Each fills a core and 19 MiB; more at a time would only make all of them slower. */
const concurrencyMax = 2;

/** Callers that may wait for a slot: about two seconds' worth of hashing. Whoever comes later is better told at once. */
const waitingMax = 128;

/**
 * Whether the password is the one that was hashed. Without a hash, as for a person nobody knows, it takes as long and
 * the answer is no.
 */
type VerifyPassword = (passwordHash: string | undefined, password: string) => Promise<boolean>;

/** Hashes passwords and checks them, few at a time. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Runs work when a slot is free, and keeps the slot until it has ended: few can be between its first and last line. */
  inTurn<T>(work: (verify: VerifyPassword) => Promise<T>): Promise<T>;
}

/** Makes the process's one hasher. Throws unavailable `overloaded` when too many callers wait. */
export function createPasswordHasher(): PasswordHasher {
  const turns = createTurns({
    atOnce: concurrencyMax,
    waitingMax,
    refuse: () => unavailable('overloaded', 'Too many people are signing in'),
  });
  // Made with the same cost as the real ones, by the first caller; nobody knows its password.
  let decoy: Promise<string> | undefined;

  async function verifyPassword(passwordHash: string | undefined, password: string): Promise<boolean> {
    const isRight = await verify(passwordHash ?? (await decoyHash()), password);
    return isRight && passwordHash !== undefined;
  }

  function decoyHash(): Promise<string> {
    decoy ??= hash(crypto.randomUUID(), cost);
    return decoy;
  }

  async function inTurn<T>(work: (verify: VerifyPassword) => Promise<T>): Promise<T> {
    // Made by whoever comes first, so that no stranger waits for it longer than the others.
    await decoyHash();
    return turns.inTurn(() => work(verifyPassword));
  }

  return { hash: (password) => inTurn(() => hash(password, cost)), inTurn };
}
