import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import {
  calendarDate,
  currency,
  decimalFault,
  instant,
  isNoPatch,
  isPatch,
  optionalName,
  pageOf,
  present,
  renderInstant,
  renderOptionalInstant,
  uuid,
  version,
} from './common.ts';

/** Decimal text of a rate, as it is sent. */
export const exchangeRateText = z
  .string({
    error: (issue) => (typeof issue.input === 'number' ? 'must be a string such as "1.0842"' : undefined),
  })
  .regex(/^\d{1,12}(?:\.\d{1,12})?$/, {
    error: (issue) =>
      /^-\d/.test(String(issue.input))
        ? 'must be greater than zero'
        : decimalFault({ whole: 12, fraction: 12, example: '1.0842' })(issue),
  })
  .refine((rate) => /[1-9]/.test(rate), { error: 'must be greater than zero', params: { code: 'too_small' } });

const renderedRate = z.string().regex(/^\d{1,12}(?:\.\d{1,12})?$/);

export const rateSource = z.enum(['tenant', 'platform']);

const provider = z
  .string()
  .nullable()
  .meta({
    description: "Who says so: `ECB`, or the tenant's own words.",
    examples: ['ECB'],
  });

const rateFields = {
  id: uuid.nullable().meta({ description: "Of the tenant's own; null: the platform's." }),
  base_currency: currency,
  quote_currency: currency,
  rate: renderedRate.nullable().meta({
    description: 'Units of the quote currency for one of the base currency. Null: withdrawn.',
    examples: ['1.0842'],
  }),
  date: calendarDate.meta({ description: 'The day it is of.' }),
  source: rateSource.meta({ description: "Whose list it is on: the tenant's own comes before the platform's." }),
  provider,
  version,
  recorded_at: instant,
  recorded_by: z.string().nullable().meta({ description: 'Who recorded this revision; null: the platform.' }),
};

export const exchangeRateSchema = z
  .strictObject(rateFields)
  .meta({ id: 'ExchangeRate', description: 'A rate in its newest revision.' });

export const exchangeRateHistorySchema = z
  .strictObject({
    ...rateFields,
    revisions: z
      .array(exchangeRateSchema)
      .meta({ description: 'All that it ever was, the newest first. Nothing is rewritten.' }),
  })
  .meta({ id: 'ExchangeRateHistory', description: 'A rate with its revisions.' });

export const exchangeRatePage = pageOf('ExchangeRatePage', exchangeRateSchema);

const providerInput = optionalName(100)
  .nullable()
  .optional()
  .meta({ description: 'Where you have it from.', examples: ['Treasury'] });

export const exchangeRateBody = z
  .strictObject({
    base_currency: currency,
    quote_currency: currency,
    rate: exchangeRateText.meta({ description: 'Units of the quote currency for one of the base currency.' }),
    date: calendarDate.meta({ description: 'The day it is of, from 1970 on.' }),
    provider: providerInput,
  })
  .refine(({ base_currency: base, quote_currency: quote }) => base !== quote, {
    error: 'must be another currency than base_currency',
    path: ['quote_currency'],
    params: { code: 'not_applicable' },
  })
  .meta({ id: 'ExchangeRateInput', description: "A rate for the tenant's own list." });

export const exchangeRateCorrection = z
  .strictObject({ rate: exchangeRateText, provider: providerInput })
  .meta({ id: 'ExchangeRateCorrection', description: 'What it is from now on.' });

export const exchangeRatePatchBody = exchangeRateCorrection
  .partial()
  .refine(isPatch, isNoPatch)
  .meta({ id: 'ExchangeRatePatch', description: 'What is left out stays.' });

export const exchangeRateBodyExample: z.input<typeof exchangeRateBody> = {
  base_currency: 'USD',
  quote_currency: 'EUR',
  rate: '0.972',
  date: '2025-01-15',
  provider: 'Treasury',
};

export const exchangeRateExample: z.input<typeof exchangeRateSchema> = {
  id: '0197a3c0-bbbb-7000-8000-000000000001',
  base_currency: 'USD',
  quote_currency: 'EUR',
  rate: '0.972',
  date: '2025-01-15',
  source: 'tenant',
  provider: 'Treasury',
  version: 1,
  recorded_at: '2025-01-18T10:29:59.000Z',
  recorded_by: '0197a3c0-6666-7000-8000-000000000001',
};

export const platformRateExample: z.input<typeof exchangeRateSchema> = {
  ...exchangeRateExample,
  ...{ id: null, base_currency: 'EUR', quote_currency: 'USD', rate: '1.03', source: 'platform', provider: 'ECB' },
  ...{ recorded_at: '2025-01-15T15:20:04.000Z', recorded_by: null },
};

export function renderExchangeRate(given: ledger.ExchangeRate | undefined): z.input<typeof exchangeRateSchema> {
  const rate = present(given, 'an exchange rate');
  return {
    id: rate.id || null,
    base_currency: rate.baseCurrency,
    quote_currency: rate.quoteCurrency,
    rate: rate.rate || null,
    date: rate.date,
    source: rateSource.parse(rate.source),
    provider: rate.provider || null,
    version: Number(rate.version),
    recorded_at: renderInstant(rate.recordedAt),
    recorded_by: rate.actorId || null,
  };
}

const leg = z.strictObject({
  base_currency: currency,
  quote_currency: currency,
  rate: renderedRate,
  date: calendarDate,
  source: rateSource,
  provider,
});

export const effectiveRateSchema = z
  .strictObject({
    from: currency,
    to: currency,
    rate: renderedRate.meta({ description: 'Units of `to` for one of `from`, to 12 decimals at the most.' }),
    source: z.enum(['identity', 'tenant', 'platform']),
    date: calendarDate.meta({ description: 'The day that the rate is of: the one asked for, or up to 7 days before.' }),
    legs: z.array(leg).meta({
      description:
        'What it was made from: one rate, which may be for the opposite direction, or the two of a cross rate; none ' +
        'where both currencies are the same.',
    }),
  })
  .meta({ id: 'EffectiveRate', description: 'The rate that an expense of a day is booked at.' });

export const effectiveRateExample: z.input<typeof effectiveRateSchema> = {
  from: 'USD',
  to: 'GBP',
  rate: '0.819417475728',
  source: 'platform',
  date: '2025-01-15',
  legs: [
    { ...{ base_currency: 'EUR', quote_currency: 'USD', rate: '1.03' }, ...legOf() },
    { ...{ base_currency: 'EUR', quote_currency: 'GBP', rate: '0.844' }, ...legOf() },
  ],
};

function legOf() {
  return { date: '2025-01-15', source: 'platform' as const, provider: 'ECB' };
}

export function renderEffectiveRate(given: ledger.GetEffectiveRateResponse): z.input<typeof effectiveRateSchema> {
  const rate = present(given.rate, 'a rate');
  return {
    ...{ from: given.from, to: given.to, rate: rate.rate, date: rate.date },
    source: effectiveRateSchema.shape.source.parse(rate.source),
    legs: given.legs.map((one) => ({
      base_currency: one.baseCurrency,
      quote_currency: one.quoteCurrency,
      ...{ rate: one.rate, date: one.date, source: rateSource.parse(one.source), provider: one.provider || null },
    })),
  };
}

const leftOutReason = z.enum(['amount_out_of_range', 'no_rate', 'books_disagree']).meta({
  description:
    '`amount_out_of_range`: the books cannot hold its amount at the rate of today. `no_rate`: none is in force any more ' +
    'for its day, as with one that was withdrawn. `books_disagree`: it is not what the journal says, which a ' +
    'verification names.',
});

const restatementSchema = z
  .strictObject({
    id: uuid,
    cause: z.enum(['tenant_rate', 'platform_import']),
    exchange_rate_id: uuid
      .nullable()
      .meta({ description: "The tenant's rate that was changed; null: the platform's." }),
    date_from: calendarDate.meta({ description: 'Expenses of these days are looked at.' }),
    date_to: calendarDate,
    status: z.enum(['pending', 'completed']),
    expenses_checked: z.int(),
    expenses_restated: z.int().meta({ description: 'Those that were booked anew, as their rate is another one now.' }),
    expenses_left_out: z.int().meta({
      description:
        'Those whose rate is not in force any more, and that keep what they have all the same: their figures do not ' +
        'follow from the lists of today.',
    }),
    left_out: z
      .array(z.strictObject({ expense_id: uuid, reason: leftOutReason }).meta({ id: 'LeftOutExpense' }))
      .meta({ description: 'The first fifty of them; each is in the audit trail of the restatement.' }),
    created_at: instant,
    finished_at: instant.nullable(),
  })
  .meta({ id: 'Restatement', description: 'What followed from a correction of rates.' });

export const restatementPage = pageOf('RestatementPage', restatementSchema);

export const restatementExample: z.input<typeof restatementSchema> = {
  id: '0197a3c0-cccc-7000-8000-000000000001',
  cause: 'tenant_rate',
  exchange_rate_id: '0197a3c0-bbbb-7000-8000-000000000001',
  date_from: '2025-01-15',
  date_to: '2025-01-22',
  status: 'completed',
  expenses_checked: 12,
  expenses_restated: 4,
  expenses_left_out: 1,
  left_out: [{ expense_id: '0197a3c0-2222-7000-8000-000000000002', reason: 'amount_out_of_range' }],
  created_at: '2025-01-18T10:29:59.000Z',
  finished_at: '2025-01-18T10:30:00.000Z',
};

export function renderRestatement(given: ledger.Restatement): z.input<typeof restatementSchema> {
  const cause = restatementSchema.shape.cause.parse(given.cause);
  return {
    ...{ id: given.id, cause, exchange_rate_id: cause === 'tenant_rate' ? given.causeId : null },
    ...{ date_from: given.dateFrom, date_to: given.dateTo },
    status: restatementSchema.shape.status.parse(given.status),
    ...{ expenses_checked: given.checked, expenses_restated: given.restated, expenses_left_out: given.leftOut },
    left_out: given.leftOutExpenses.map(({ expenseId, reason }) => ({
      ...{ expense_id: expenseId, reason: leftOutReason.parse(reason) },
    })),
    ...{ created_at: renderInstant(given.createdAt), finished_at: renderOptionalInstant(given.finishedAt) },
  };
}

export const rateImportSchema = z
  .strictObject({
    id: uuid,
    added: z.int().meta({ description: 'Rates that were not known.' }),
    corrected: z.int().meta({ description: 'Rates that differ from what was known: each is a newer revision.' }),
    unchanged: z.int(),
    skipped_currencies: z
      .array(z.string())
      .meta({ description: 'Codes that nobody knows, the first fifty of them; their rates are left out.' }),
    skipped_currency_count: z.int().meta({ description: 'How many such codes there are.' }),
    date_from: calendarDate.nullable(),
    date_to: calendarDate.nullable(),
    imported_at: instant,
  })
  .meta({ id: 'ExchangeRateImport', description: 'What a file of rates has brought.' });

export const rateImportExample: z.input<typeof rateImportSchema> = {
  id: '0197a3c0-dddd-7000-8000-000000000001',
  added: 30,
  corrected: 0,
  unchanged: 1_860,
  skipped_currencies: [],
  skipped_currency_count: 0,
  date_from: '2024-10-17',
  date_to: '2025-01-15',
  imported_at: '2025-01-15T15:20:04.000Z',
};

export function renderRateImport(given: ledger.ImportPlatformRatesResponse): z.input<typeof rateImportSchema> {
  return {
    ...{ id: given.importId, added: given.added, corrected: given.corrected, unchanged: given.unchanged },
    skipped_currencies: given.skippedCurrencies,
    skipped_currency_count: given.skippedCurrencyCount,
    ...{ date_from: given.dateFrom || null, date_to: given.dateTo || null },
    imported_at: renderInstant(given.importedAt),
  };
}
