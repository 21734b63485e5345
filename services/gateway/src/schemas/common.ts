import type { ledger, PageInfo } from '@outlay/contracts';
import { cursorMaxLength, hasInvisible, isBlank, isCurrency } from '@outlay/platform';
import { z } from 'zod';

/** An id in a path. */
export const idParams = z.strictObject({ id: z.uuid() });

export const uuid = z.uuid();

export const instant = z.iso.datetime().meta({ description: 'An instant in UTC.' });

export const preciseInstant = z
  .string()
  .regex(/^\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .meta({ description: 'UTC with microseconds.' });

/** An instant to look from or up to; years that nothing here is of are slips of the pen. */
const instantOfOurs = z.iso
  .datetime()
  .regex(/^(?:19|20|21)\d{2}-/, 'must be an instant of the years 1900 to 2199 in UTC, such as 2025-01-15T00:00:00Z');

/** The stretch of time of a log that is wanted. */
export const periodQuery = {
  from: instantOfOurs.optional().meta({ description: 'At this instant or later.' }),
  to: instantOfOurs.optional().meta({ description: 'Before this instant.' }),
};

/** One that stands in the books: of a row that was changed past the platform it may be none, and is shown all the same. */
export const bookedDate = z.string().meta({ format: 'date', description: 'A date of the calendar, without a zone.' });

/** Whether a period does not end before it begins; as instants, since the digits of a second may be few or many. */
export const isPeriod = ({ from, to }: { from?: string; to?: string }): boolean =>
  from === undefined || to === undefined || new Date(from) <= new Date(to);

export const isNoPeriod = { error: 'must not be before from', path: ['to'], params: { code: 'before_from' } };

export function toPeriod({ from, to }: { from?: string | undefined; to?: string | undefined }) {
  return { from: from === undefined ? undefined : new Date(from), to: to === undefined ? undefined : new Date(to) };
}

/** Whether a patch names anything that is to change. */
export const isPatch = (patch: object): boolean => Object.keys(patch).length > 0;

export const isNoPatch = { error: 'names no field to change', params: { code: 'empty' } };

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
    .refine((value) => !isBlank(value), blankText);
}

const blankText = { error: 'must not be blank', params: { code: 'blank' } };

/** What something or somebody is called, on one line; blanks around it do not count. */
export function name(max: number) {
  return line(max)
    .min(1)
    .refine((value) => value === '' || !isBlank(value), blankText);
}

/** The same, or nothing at all. */
export function optionalName(max: number) {
  return line(max).refine((value) => value === '' || !isBlank(value), blankText);
}

function line(max: number) {
  return z
    .string()
    .trim()
    .max(max)
    .refine((value) => !hasInvisible(value), {
      error: 'must not hold invisible characters',
      params: { code: 'invisible_characters' },
    });
}

/** Text, or nothing at all. */
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
  .refine(isCurrency, { error: 'is not supported', params: { code: 'currency_unknown' } })
  .meta({ description: 'ISO 4217 code.', examples: ['EUR'] });

const decimalHint = (issue: { input: unknown }) =>
  typeof issue.input === 'number' ? 'must be a string such as "125.50": JSON numbers lose digits' : undefined;

/** What is wrong with a text that is no decimal number, or has too many digits before or behind the point. */
export const decimalFault =
  ({ whole, fraction, example }: { whole: number; fraction: number; example: string }) =>
  ({ input }: { input?: unknown }): string =>
    /^-?\d+(?:\.\d+)?$/.test(String(input))
      ? `must have at most ${whole} digits before the point and ${fraction} after it`
      : `must be a decimal number such as "${example}"`;

/** The same of an amount: the largest, of a currency without decimals, has 16 digits. */
export const amountFault = decimalFault({ whole: 16, fraction: 4, example: '125.50' });

/** Decimal text; how many decimals a currency has is checked where the currency is known. */
export const amount = z
  .string({ error: decimalHint })
  .regex(/^-?\d{1,16}(?:\.\d{1,4})?$/, { error: amountFault })
  .meta({
    description:
      'Decimal text, never a JSON number, with no more decimals than the currency has. At most 1,000,000,000,000,000 of its ' +
      'smallest units either side of zero: 10000000000000.00 EUR, 1000000000000000 JPY.',
  });

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

/** Whether a period does not end before it begins; dates as text are in their order. */
export function endsAfterItBegins({ date_from: from, date_to: to }: { date_from?: string; date_to?: string }): boolean {
  return from === undefined || to === undefined || from <= to;
}

export const endsTooEarly = {
  error: 'must not be before date_from',
  path: ['date_to'],
  params: { code: 'before_date_from' },
};

/** An integer in a query string. */
function integerText(min: number, max: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z
      .int({ error: ({ code }) => (code === 'invalid_type' ? 'must be an integer' : undefined) })
      .min(min)
      .max(max),
  );
}

/** What each list takes. */
export const pageQuery = {
  limit: integerText(1, 200).default(50).meta({ description: 'How many entries at most.' }),
  cursor: z
    .string()
    .regex(new RegExp(`^[\\w.~=+/-]{1,${cursorMaxLength}}$`), 'is not a cursor that was handed out')
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

const warning = z
  .strictObject({
    code: z.string().meta({ description: '`plan_limit_exceeded`; for programs. Newer versions may add others.' }),
    message: z.string().meta({ description: 'For people.' }),
    metric: z.string().meta({ description: 'What the plan limits.' }),
    limit: z.int().meta({ description: 'How many there should be at most.' }),
    used: z.int().meta({ description: 'How many there are now.' }),
    scope_id: z.uuid().nullable().meta({ description: 'The project that is meant; null for the tenant as a whole.' }),
  })
  .meta({
    id: 'Warning',
    description: 'A soft limit of the plan is exceeded. What was asked for is done all the same.',
  });

const warningsExample: z.input<typeof warning>[] = [
  {
    code: 'plan_limit_exceeded',
    message:
      'The plan is for 100 expenses in a project; there are 101. Change to a plan for more expenses, or begin another project.',
    metric: 'expenses_per_project',
    limit: 100,
    used: 101,
    scope_id: '0197a3c0-3333-7000-8000-000000000001',
  },
];

/** Beside what was made or changed; absent where there is nothing to say. */
export const warnings = z
  .array(warning)
  .optional()
  .meta({ description: 'Soft limits of the plan that are exceeded now. Absent: none.', examples: [warningsExample] });

export function renderWarnings(given: readonly ledger.Warning[] | undefined): { warnings?: z.input<typeof warning>[] } {
  if (!given?.length) return {};
  return {
    warnings: given.map(({ code, message, metric, limit, used, scopeId }) => ({
      ...{ code, message, metric },
      ...{ limit: Number(limit), used: Number(used), scope_id: scopeId || null },
    })),
  };
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
