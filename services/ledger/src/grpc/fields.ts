import { isBookable, isCurrency, notBookable } from '@outlay/platform';
import { z } from 'zod';
import { isRate, withoutZeros } from '../domain/money.ts';

/** PostgreSQL stores no NUL in text. */
const storable = (text: string) => !text.includes('\0');
const notStorable = { message: 'must not contain NUL characters', params: { code: 'invalid_characters' } };

/** Text of a limited length, without blanks around it; may be empty. */
export const text = (lengthMax: number) =>
  z.string().trim().max(lengthMax, `must have at most ${lengthMax} characters`).refine(storable, notStorable);

/** The same, but not empty. */
export const name = (lengthMax = 200) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(lengthMax, `must have at most ${lengthMax} characters`)
    .refine(storable, notStorable);

/** A name as it was stored, to go on from. JSON, unlike gRPC, can also bring halves of surrogate pairs. */
export const storedName = z
  .string()
  .max(200)
  .refine((given) => storable(given) && given.isWellFormed());

export const id = z.uuid('must be a UUID').toLowerCase();

/** proto3 has no absent strings: empty means not given. */
export const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

export const currency = z
  .string()
  .refine(isCurrency, { message: 'is not supported', params: { code: 'invalid_currency' } });

/** An amount in minor units, as large as one may be that a client gives. */
export const amountMinor = z.bigint('is required').refine(isBookable, {
  message: notBookable.message,
  params: { code: notBookable.code },
});

/** A rate without needless zeros, so that one rate is always the same text. */
export const rate = z
  .string()
  .refine(isRate, {
    message: 'must be a decimal above zero with at most 12 digits on either side of the point',
    params: { code: 'invalid_format' },
  })
  .transform(withoutZeros);

const dateFault = 'must be a date such as 2025-01-15';

/** A day of the calendar that exists, which in PostgreSQL has no year 0. */
export const date = z.iso.date(dateFault).regex(/^(?!0000)/, dateFault);

const firstDate = '1970-01-01';
const yearsAhead = 10;

/** A day on which something can have been spent: from 1970 on, and not more than ten years ahead. */
export const expenseDate = date.refine((day) => day >= firstDate && day <= yearsFrom(new Date(), yearsAhead), {
  message: `must be between ${firstDate} and ten years from now`,
  params: { code: 'out_of_range' },
});

function yearsFrom(instant: Date, years: number): string {
  return new Date(Date.UTC(instant.getUTCFullYear() + years, instant.getUTCMonth(), instant.getUTCDate()))
    .toISOString()
    .slice(0, 10);
}
