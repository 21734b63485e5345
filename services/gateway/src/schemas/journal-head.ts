import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { instant, present, renderOptionalInstant } from './common.ts';

/** So many digits of a hexadecimal number. */
export const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

/** SHA-256 in hexadecimal. */
export const hash = hex(64);

/** The number of a seal in its chain. */
export const sequence = z.int().min(1);

export const journalHead = z
  .strictObject({
    sequence,
    hash,
    sealed_at: instant.nullable().meta({ description: 'Null where what the seal says is no instant of ours.' }),
  })
  .meta({ id: 'JournalHead', description: 'The newest seal: keep it, and ask later whether it is still there.' });

/** Where the ledger left the chain, whatever somebody has written there. */
export const rememberedHead = z.strictObject({ sequence: z.int(), hash: z.string() }).meta({
  id: 'RememberedHead',
  description:
    'What the ledger remembers as the end of the chain, which should be the head: 0 and 64 zeros before the first seal.',
});

export const journalHeadExample: z.input<typeof journalHead> = {
  sequence: 5222,
  hash: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  sealed_at: '2025-02-01T07:00:05.000Z',
};

/** Null where nothing is sealed yet. */
export const renderJournalHead = (given: ledger.JournalHead | undefined): z.input<typeof journalHead> | null =>
  given === undefined || given.sequence === 0n
    ? null
    : {
        sequence: Number(given.sequence),
        hash: given.hash,
        sealed_at: renderOptionalInstant(given.sealedAt),
      };

export const renderRememberedHead = (given: ledger.JournalHead | undefined): z.input<typeof rememberedHead> => {
  const { sequence: number, hash: bytes } = present(given, 'the remembered head');
  return { sequence: Number(number), hash: bytes };
};
