import type { ledger } from '@outlay/contracts';
import type { OutgoingEvent } from '@outlay/messaging';
import { conflict, type DomainError, notFound, preconditionFailed, type TenantContext } from '@outlay/platform';
import type { ListedSource } from '../domain/money.ts';

/** The pair and day that a rate is for: units of the quote currency for one of the base currency. */
export interface RatePlace {
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** A revision of a listed rate, as it is shown. */
export interface ExchangeRate extends RatePlace {
  /** Undefined of the platform's. */
  readonly id: string | undefined;
  /** Decimal text; undefined: withdrawn. */
  readonly rate: string | undefined;
  readonly source: ListedSource;
  readonly provider: string;
  /** Revisions are counted from 1. */
  readonly version: bigint;
  readonly recordedAt: Date;
  /** Who recorded this revision. */
  readonly actorKind: string;
  readonly actorId: string;
}

export const toRateMessage = (rate: ExchangeRate): ledger.ExchangeRate => ({
  ...rate,
  id: rate.id ?? '',
  rate: rate.rate ?? '',
});

/** The event that tells of a new revision of a tenant's own rate. */
export const rateEvent = (
  context: TenantContext,
  rate: ExchangeRate & { id: string },
): OutgoingEvent<'outlay.ledger.exchange_rate.recorded.v1'> => ({
  type: 'outlay.ledger.exchange_rate.recorded.v1',
  tenantId: context.tenantId,
  subject: rate.id,
  aggregateVersion: rate.version,
  data: { exchangeRate: toRateMessage(rate) },
});

/** The same for another tenant's and for none. */
export const rateNotFound = (): DomainError => notFound('exchange_rate_not_found', 'There is no such exchange rate');

export const rateExists = (): DomainError =>
  conflict('exchange_rate_exists', 'The tenant has a rate of this pair and day; correct that one');

export const rateVersionMismatch = (): DomainError =>
  preconditionFailed('version_mismatch', 'The rate has changed since it was read');
