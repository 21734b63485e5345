import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { at, page } from './fixtures.ts';

export function aRate(change: Partial<ledger.ExchangeRate> = {}): ledger.ExchangeRate {
  return {
    ...{ id: newId(), baseCurrency: 'USD', quoteCurrency: 'EUR', rate: '0.972', date: '2025-01-15', source: 'tenant' },
    ...{ provider: 'Treasury', version: 1n, recordedAt: at, actorKind: 'user', actorId: newId() },
    ...change,
  };
}

export const aPlatformRate = (): ledger.ExchangeRate =>
  aRate({ id: '', ...{ baseCurrency: 'EUR', quoteCurrency: 'USD', source: 'platform', provider: 'ECB', actorId: '' } });

/** A ledger that takes every rate. */
export function fakeRates(): FakeHandlers {
  const replayed = false;
  return {
    listExchangeRates: () => ({ exchangeRates: [aRate(), aPlatformRate()], page }),
    getExchangeRate: ({ exchangeRateId: id }: ledger.GetExchangeRateRequest) => ({
      exchangeRate: aRate({ id, rate: '', version: 2n }),
      revisions: [aRate({ id, rate: '', version: 2n }), aRate({ id })],
    }),
    createExchangeRate: (request: ledger.CreateExchangeRateRequest) => ({ exchangeRate: aRate(request), replayed }),
    correctExchangeRate: ({ exchangeRateId: id, rate, provider }: ledger.CorrectExchangeRateRequest) => ({
      exchangeRate: aRate({
        id,
        ...(rate !== undefined && { rate }),
        ...(provider !== undefined && { provider }),
        version: 2n,
      }),
      replayed,
    }),
    withdrawExchangeRate: () => ({ replayed }),
    getEffectiveRate: ({ from, to, date }: ledger.GetEffectiveRateRequest) => ({
      ...{ from, to: to || 'EUR', rate: { rate: '0.8', source: 'platform', date } },
      legs: [
        {
          ...{ baseCurrency: 'EUR', quoteCurrency: from, rate: '1.25' },
          ...{ date, source: 'platform', provider: 'ECB' },
        },
      ],
    }),
    listRestatements: () => ({
      restatements: [
        {
          ...{ id: newId(), cause: 'platform_import', causeId: newId(), dateFrom: '2025-01-15', dateTo: '2025-01-22' },
          ...{ status: 'pending', checked: 200, restated: 3, createdAt: at, finishedAt: undefined },
          leftOut: 3,
          leftOutExpenses: ['amount_out_of_range', 'no_rate', 'books_disagree'].map((reason) => ({
            ...{ expenseId: newId(), reason },
          })),
        },
      ],
      page,
    }),
    importPlatformRates: async (parts: AsyncIterable<ledger.ImportPlatformRatesRequest>) => {
      let size = 0;
      for await (const { part } of parts) if (part?.$case === 'chunk') size += part.value.length;
      return {
        ...{
          importId: newId(),
          added: size,
          corrected: 0,
          unchanged: 0,
          skippedCurrencies: ['XYQ'],
          skippedCurrencyCount: 1,
        },
        ...{ dateFrom: '2025-01-15', dateTo: '2025-01-15', importedAt: at, replayed },
      };
    },
  };
}
