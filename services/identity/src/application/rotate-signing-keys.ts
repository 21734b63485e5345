import type { CallerContext, Logger, SecretBox } from '@outlay/platform';
import { announcedMs, isRotationDue } from '../domain/key-schedule.ts';
import { newSigningKey } from '../security/new-signing-key.ts';
import { insertPlatformEvent } from '../store/platform-events.ts';
import { addSigningKey, takeSigningKeys } from '../store/signing-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import type { Replayable } from './session-tokens.ts';

export interface RotatedSigningKeys {
  kid: string;
  /** Until then the new key is only published. */
  signsFrom: Date;
}

type Dependencies = Pick<IdentityDependencies, 'database' | 'keys' | 'clock'> & { secrets: SecretBox; logger: Logger };

/**
 * Makes a new signing key. It is published for ten minutes before it signs, and the one before it until its last token
 * has ended, so that no token is refused. With `withdrawOld` it signs at once and all others are withdrawn, as after a
 * leak: within about a minute their tokens are refused everywhere, and people go on by refreshing. Honours the
 * idempotency key. Who did it stands in `platform_events`.
 */
export function createRotateSigningKeys({ database, keys, secrets, clock, logger }: Dependencies) {
  return async (context: CallerContext, command: { withdrawOld: boolean }): Promise<Replayable<RotatedSigningKeys>> => {
    const { withdrawOld } = command;
    const now = clock();
    // Made beforehand, as it takes a while.
    const key = await newSigningKey(secrets, now);
    const signsFrom = withdrawOld ? now : new Date(now.getTime() + announcedMs);
    const { answer, replayed } = await database.withGlobal((session) =>
      once(secrets, session, context, { operation: 'RotateSigningKeys', request: command }, async () => {
        await takeSigningKeys(session);
        await addSigningKey(session, key, { signsFrom, withdrawOld });
        const details = { kid: key.kid, withdraw_old: withdrawOld };
        await insertPlatformEvent(session, context, { kind: 'signing_key.rotated', details, at: now });
        return { kid: key.kid, signsFrom: signsFrom.toISOString() };
      }),
    );
    if (!replayed)
      logger.warn({ kid: key.kid, withdraw_old: withdrawOld, by: context.actor.id }, 'signing key rotated');
    await keys.reload();
    return { answer: { kid: answer.kid, signsFrom: new Date(answer.signsFrom) }, replayed };
  };
}

const itself = { actor: { kind: 'service', id: 'identity' } } as const;

/** Makes a new signing key where the newest one is so many days old; however often it runs, and wherever, it makes one. */
export function createRotateDueSigningKeys({ database, keys, secrets, clock, logger }: Dependencies, days: number) {
  return async (): Promise<void> => {
    const now = clock();
    const key = await newSigningKey(secrets, now);
    const rotated = await database.withGlobal(async (session) => {
      if (!isRotationDue(await takeSigningKeys(session), days, now)) return false;
      await addSigningKey(session, key, { signsFrom: new Date(now.getTime() + announcedMs), withdrawOld: false });
      const details = { kid: key.kid, withdraw_old: false };
      await insertPlatformEvent(session, itself, { kind: 'signing_key.rotated', details, at: now });
      return true;
    });
    if (rotated) logger.info({ kid: key.kid }, 'signing key rotated');
    await keys.reload();
  };
}
