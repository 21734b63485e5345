import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { instant, present, renderOptionalInstant } from './common.ts';

/** So many digits of a hexadecimal number. */
export const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

/** SHA-256 in hexadecimal. */
export const hash = hex(64);

/** The number of a seal in its chain. */
export const sequence = z.int().min(1);

/**
 * What stands in rows that somebody may have changed, as it stands there: answers that are made for showing what is odd must take
 * it.
 */
const stored = (sound: string) =>
  z.string().meta({ description: `${sound}; anything, where somebody has changed it.` });
export const storedHash = stored('64 hexadecimal digits');
export const storedInstant = stored('UTC with microseconds, as 2025-01-15T10:30:00.123456Z');
export const storedDate = stored('A date as YYYY-MM-DD');
export const storedCurrency = stored('An ISO 4217 code');
/** A UUID of any version, or of none. */
export const storedId = z.guid();

export const journalHead = z
  .strictObject({
    sequence,
    hash: storedHash,
    sealed_at: instant
      .nullable()
      .meta({ description: 'Null where the seal is gone, or what it says is no instant of ours.' }),
  })
  .meta({ id: 'JournalHead', description: 'The newest seal: keep it, and ask later whether it is still there.' });

/** Where the ledger left the chain, whatever somebody has written there. */
export const rememberedHead = z.strictObject({ sequence: z.int(), hash: storedHash }).meta({
  id: 'RememberedHead',
  description:
    'What the ledger remembers as the end of the chain, which should be the head: 0 and 64 zeros before the first seal.',
});

export const journalHeadExample: z.input<typeof journalHead> = {
  sequence: 5222,
  hash: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  sealed_at: '2025-02-01T07:00:05.000Z',
};

/** No chain is as long as JSON can count; what is beyond, somebody has made up. */
export const renderSequence = (given: bigint): number => Math.min(Number(given), Number.MAX_SAFE_INTEGER);

/** Null where nothing is sealed yet. */
export const renderJournalHead = (given: ledger.JournalHead | undefined): z.input<typeof journalHead> | null =>
  given === undefined || given.sequence <= 0n
    ? null
    : {
        sequence: renderSequence(given.sequence),
        hash: given.hash,
        sealed_at: renderOptionalInstant(given.sealedAt),
      };

export const renderRememberedHead = (given: ledger.JournalHead | undefined): z.input<typeof rememberedHead> => {
  const { sequence: number, hash: bytes } = present(given, 'the remembered head');
  return { sequence: renderSequence(number), hash: bytes };
};
