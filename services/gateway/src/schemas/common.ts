import type { PageInfo } from '@outlay/contracts';
import { isCurrency } from '@outlay/platform';
import { z } from 'zod';

/** An id in a path. */
export const idParams = z.strictObject({ id: z.uuid() });

export const uuid = z.uuid();

export const instant = z.iso.datetime().meta({ description: 'An instant in UTC.' });

export const version = z
  .int()
  .min(1)
  .meta({ description: 'Grows with each change; the same number is the ETag, for If-Match.' });

/** Line breaks and tabs are the only control characters a person means to send. */
const controlCharacters = /[^\P{Cc}\t\r\n]/u;

/** Text that a person writes: at least one visible character, at most `max` in all. */
export function text(max: number) {
  return optionalText(max)
    .min(1)
    .refine((value) => value.trim() !== '', { error: 'must not be blank', params: { code: 'blank' } });
}

/** The same, or nothing at all. */
export function optionalText(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !controlCharacters.test(value), {
      error: 'must not hold control characters',
      params: { code: 'control_characters' },
    });
}

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be a currency code of three capital letters (ISO 4217)')
  .refine(isCurrency, { error: 'is no currency of ISO 4217', params: { code: 'currency_unknown' } })
  .meta({ description: 'ISO 4217 code.', examples: ['EUR'] });

const decimalHint = (issue: { input: unknown }) =>
  typeof issue.input === 'number' ? 'must be a string such as "125.50": JSON numbers lose digits' : undefined;

/** Decimal text; how many decimals a currency has is checked where the currency is known. */
export const amount = z
  .string({ error: decimalHint })
  .regex(/^-?\d{1,15}(?:\.\d{1,4})?$/, 'must be a decimal number such as "125.50"')
  .meta({ description: 'Decimal text, never a JSON number, with no more decimals than the currency has.' });

/** The same in an answer, where sums may be longer than anything that can be sent. */
export const renderedAmount = z
  .string()
  .regex(/^-?\d+(?:\.\d{1,4})?$/)
  .meta({ description: 'Decimal text.' });

/** The calendar of PostgreSQL, and of people, has no year 0. */
export const calendarDate = z.iso
  .date()
  .regex(/^(?!0000)/, 'must be a date of the calendar as YYYY-MM-DD')
  .meta({ description: 'A date of the calendar, without a zone.' });

/** An integer in a query string. */
function integerText(min: number, max: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int({ error: 'must be an integer' }).min(min).max(max),
  );
}

/** What each list takes. */
export const pageQuery = {
  limit: integerText(1, 200).default(50).meta({ description: 'How many entries at most.' }),
  cursor: z
    .string()
    .regex(/^[\w.~=+/-]{1,1024}$/, 'is not a cursor that was handed out')
    .optional()
    .meta({ description: 'Where to go on: `pagination.next_cursor` of the page before.' }),
};

export const pageQueryOnly = z.strictObject(pageQuery);

const pagination = z
  .strictObject({
    next_cursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
    has_more: z.boolean(),
    limit: z.int(),
  })
  .meta({ id: 'Pagination', description: 'Where the next page begins.' });

/** A page of a list. */
export function pageOf<S extends z.ZodType>(id: string, entry: S) {
  return z.strictObject({ data: z.array(entry), pagination }).meta({ id });
}

export const paginationExample = { next_cursor: null, has_more: false, limit: 50 };

/** What an RPC takes, from what a query gave. */
export function toPageRequest(query: { limit: number; cursor?: string | undefined }) {
  return { limit: query.limit, cursor: query.cursor ?? '' };
}

export function renderPagination(page: PageInfo | undefined, limit: number) {
  return { next_cursor: page?.nextCursor || null, has_more: page?.hasMore ?? false, limit: page?.limit || limit };
}

/** Messages leave fields absent that a service always fills; this is where a service that did not is found out. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`A service answered without ${what}`);
  return value;
}

export function renderInstant(date: Date | undefined): string {
  return present(date, 'an instant').toISOString();
}

export function renderOptionalInstant(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}
