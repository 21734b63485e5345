import type { Database, TenantContext } from '@outlay/platform';
import type { AppliedRate } from '../domain/money.ts';
import type { ListedRate } from './effective-rate.ts';
import { type ExchangeRate, rateNotFound } from './exchange-rate.ts';
import { findRevisions, type OwnRate, type RateFilter, type RatePosition, readRates } from './rate-store.ts';
import { resolveRate } from './resolve-rates.ts';
import { type Restatement, readRestatements } from './restatement-store.ts';

interface Reading {
  database: Database;
}

/** A page of rates that are in force for their day, the tenant's own and the platform's, the newest day first. */
export async function listExchangeRates(
  { database }: Reading,
  context: TenantContext,
  { filter, after, limit }: { filter: RateFilter; after: RatePosition | undefined; limit: number },
): Promise<{ rates: ExchangeRate[]; hasMore: boolean }> {
  const rates = await database.withTenant(
    context,
    (session) => readRates(session, { filter, after, count: limit + 1 }),
    { readOnly: true },
  );
  return { rates: rates.slice(0, limit), hasMore: rates.length > limit };
}

/** One of the tenant's own rates with all its revisions, the newest first. Throws not_found `exchange_rate_not_found`. */
export async function getExchangeRate(
  { database }: Reading,
  context: TenantContext,
  id: string,
): Promise<{ rate: OwnRate; revisions: OwnRate[] }> {
  const revisions = await database.withTenant(context, (session) => findRevisions(session, id), { readOnly: true });
  const [rate] = revisions;
  if (rate === undefined) throw rateNotFound();
  return { rate, revisions };
}

/**
 * The rate that an expense of a day is booked at, with what it was made from. Between a currency and itself it is one.
 * Throws not_found `exchange_rate_not_found` where none is in force.
 */
export async function getEffectiveRate(
  { database }: Reading,
  context: TenantContext,
  wanted: { from: string; to: string; date: string },
): Promise<{ rate: AppliedRate; legs: readonly ListedRate[] }> {
  if (wanted.from === wanted.to) return { rate: { rate: '1', source: 'identity', date: wanted.date }, legs: [] };
  const found = await resolveRate(database, context, wanted);
  if (found === undefined || found === 'unwritable') throw rateNotFound();
  const { legs, ...rate } = found;
  return { rate, legs };
}

/** A page of what followed from corrections of rates, the newest first. */
export async function listRestatements(
  { database }: Reading,
  context: TenantContext,
  { after, limit }: { after: { id: string } | undefined; limit: number },
): Promise<{ restatements: Restatement[]; hasMore: boolean }> {
  const found = await database.withTenant(
    context,
    (session) => readRestatements(session, { after: after?.id, count: limit + 1 }),
    { readOnly: true },
  );
  return { restatements: found.slice(0, limit), hasMore: found.length > limit };
}
