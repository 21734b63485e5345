import type { access, ledger } from '@outlay/contracts';
import { invalid, parseInput, parsePage, type ServiceHandlers, type TenantContext, toPageInfo } from '@outlay/platform';
import { z } from 'zod';
import { currency, date, expenseDate, id, optional, rate, text } from '../grpc/fields.ts';
import {
  correctExchangeRate,
  createExchangeRate,
  type RateWork,
  withdrawExchangeRate,
} from './change-exchange-rate.ts';
import { toRateMessage } from './exchange-rate.ts';
import { importPlatformRates, type PlatformRateWork } from './import-platform-rates.ts';
import type { RateImport } from './platform-rate-store.ts';
import { getEffectiveRate, getExchangeRate, listExchangeRates, listRestatements } from './read-exchange-rates.ts';
import { readParts, toRateFile } from './receive-rates.ts';
import type { Restatement } from './restatement-store.ts';

type Handlers = ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>;

/** The RPCs of exchange rates. */
export type RateRpc =
  | 'listExchangeRates'
  | 'getExchangeRate'
  | 'createExchangeRate'
  | 'correctExchangeRate'
  | 'withdrawExchangeRate'
  | 'getEffectiveRate'
  | 'listRestatements'
  | 'importPlatformRates';

/** What the handlers need. */
export interface RateHandlersOptions extends RateWork, PlatformRateWork {
  /** The currency of the tenant's books. */
  currencyOf: (context: TenantContext) => Promise<string>;
}

/** What is read from the request, and how the answer is rendered. */
export function createRateHandlers(work: RateHandlersOptions): Pick<Handlers, RateRpc> {
  return {
    listExchangeRates: async (context, request) => {
      const given = parseInput(filters, {
        ...{ currency: request.currency, source: request.source },
        ...{ date_from: request.dateFrom, date_to: request.dateTo },
      });
      const page = parsePage(request.page, position);
      const filter = {
        ...{ currency: given.currency, source: given.source },
        ...{ dateFrom: given.date_from, dateTo: given.date_to },
      };
      const { rates, hasMore } = await listExchangeRates(work, context, { ...page, filter });
      const last = rates.at(-1);
      const place = last && {
        ...{ date: last.date, baseCurrency: last.baseCurrency, quoteCurrency: last.quoteCurrency, source: last.source },
      };
      return { exchangeRates: rates.map(toRateMessage), page: toPageInfo(page.limit, hasMore, place) };
    },
    getExchangeRate: async (context, request) => {
      const { rate, revisions } = await getExchangeRate(work, context, parseId(request));
      return { exchangeRate: toRateMessage(rate), revisions: revisions.map(toRateMessage) };
    },
    createExchangeRate: async (context, request) => {
      const given = parseInput(newRate, {
        ...{ base_currency: request.baseCurrency, quote_currency: request.quoteCurrency },
        ...{ rate: request.rate, date: request.date, provider: request.provider },
      });
      if (given.base_currency === given.quote_currency) {
        throw invalid('quote_currency', 'not_applicable', 'must be another currency than base_currency');
      }
      return createExchangeRate(work, context, {
        ...{ baseCurrency: given.base_currency, quoteCurrency: given.quote_currency, date: given.date },
        ...{ rate: given.rate, provider: given.provider },
      });
    },
    correctExchangeRate: async (context, request) => {
      const given = parseInput(correction, request);
      return correctExchangeRate(work, context, { id: parseId(request), version: request.version, ...given });
    },
    withdrawExchangeRate: async (context, request) =>
      withdrawExchangeRate(work, context, { id: parseId(request), version: request.version }),
    getEffectiveRate: async (context, request) => {
      const given = parseInput(pair, request);
      const wanted = { from: given.from, to: given.to ?? (await work.currencyOf(context)), date: given.date };
      const { rate, legs } = await getEffectiveRate(work, context, wanted);
      return { from: wanted.from, to: wanted.to, rate, legs: [...legs] };
    },
    listRestatements: async (context, request) => {
      const page = parsePage(request.page, z.strictObject({ id }));
      const { restatements, hasMore } = await listRestatements(work, context, page);
      const last = restatements.at(-1);
      return {
        restatements: restatements.map(toRestatementMessage),
        page: toPageInfo(page.limit, hasMore, last && { id: last.id }),
      };
    },
    importPlatformRates: async (context, parts) => {
      const { rateImport, replayed } = await importPlatformRates(work, context, toRateFile(readParts(parts)));
      return { ...toImportMessage(rateImport), replayed };
    },
  };
}

const source = z.enum(['tenant', 'platform'], 'must be tenant or platform');

const filters = z.object({
  currency: optional(currency),
  date_from: optional(date),
  date_to: optional(date),
  source: optional(source),
});

const position = z.strictObject({ date, baseCurrency: currency, quoteCurrency: currency, source });

const provider = text(100);

const newRate = z.object({
  base_currency: currency,
  quote_currency: currency,
  rate,
  date: expenseDate,
  provider,
});

/** What is absent stays. */
const correction = z.object({ rate: rate.optional(), provider: provider.optional() });

const pair = z.object({ from: currency, to: optional(currency), date: expenseDate });

/** An id of another form names nothing that exists, which the caller hears as a wrong field. */
const parseId = (request: { exchangeRateId: string }): string =>
  parseInput(z.object({ exchange_rate_id: id }), { exchange_rate_id: request.exchangeRateId }).exchange_rate_id;

const toRestatementMessage = (restatement: Restatement): ledger.Restatement => ({
  ...restatement,
  cause: restatement.cause.kind,
  causeId: restatement.cause.id,
});

const toImportMessage = (made: RateImport): Omit<ledger.ImportPlatformRatesResponse, 'replayed'> => ({
  importId: made.id,
  ...{ added: made.added, corrected: made.corrected, unchanged: made.unchanged },
  skippedCurrencies: [...made.skippedCurrencies],
  skippedCurrencyCount: made.skippedCount,
  ...{ dateFrom: made.dates?.from ?? '', dateTo: made.dates?.to ?? '' },
  importedAt: made.recordedAt,
});
