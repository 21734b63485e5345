import { z } from 'zod';

/** Microseconds, as PostgreSQL has them, or milliseconds, as JavaScript does. */
type Precision = 'US' | 'MS';

/**
 * How an instant is written where it is compared or read back, and must not lose its microseconds. One that the ledger never
 * wrote, of another era or without end, is written as no other is, so that it cannot pass for one that was sealed or for none, and
 * can still be read back.
 */
export const instantOf = (column: string, precision: Precision = 'US'): string => `(case
    when ${column} between '2000-01-01 00:00:00+00' and '9999-12-31 23:59:59.999999+00'
      then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.${precision}"Z"')
    when isfinite(${column}) then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00" AD')
    else ${column}::text
  end)`;

/** Whether this is how `instantOf` writes an instant that a ledger may have written. */
export const isOfLedger = (text: string): boolean => text.endsWith('Z');

/** As `instantOf` writes one of ours; the calendar of PostgreSQL has no year 0. */
export const instant = z.iso.datetime({ precision: 6 }).regex(/^(?!0000)/);

/** The same of whatever stands in a row, by whomever it was written there. */
export const anyInstant = instant.or(z.enum(['-infinity', 'infinity'])).or(z.string().refine(isOfAnotherEra));

/** Whether this is how an instant is written that no clock of the ledger has shown. */
function isOfAnotherEra(text: string): boolean {
  const parts = /^(\d{4,6})-(\d\d)-(\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}\+00 (AD|BC)$/.exec(text);
  const [year, month, day] = (parts ?? []).slice(1, 4).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  // The years that PostgreSQL can tell.
  if (year === 0 || year > (parts?.[5] === 'BC' ? 4_713 : 294_275)) return false;
  // Years four hundred apart have the same days; there was no year 0.
  const alike = 2_000 + ((parts?.[5] === 'BC' ? 1 - year : year) % 400);
  const date = new Date(Date.UTC(alike, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
