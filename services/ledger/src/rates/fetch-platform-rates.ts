import { anonymousContext, type CallerContext, unavailable } from '@outlay/platform';
import { importPlatformRates, type PlatformRateWork } from './import-platform-rates.ts';
import type { RateImport } from './platform-rate-store.ts';
import { toRateFile } from './receive-rates.ts';

/** From where rates are fetched, and how long that may take in all; 30,000 ms unless set. */
export interface RateFetching {
  url: string;
  timeoutMs?: number;
}

/**
 * Fetches a file of the European Central Bank's rates and imports it. Nothing of a file that did not arrive whole and in
 * time is taken. Throws unavailable `rates_unavailable` where it cannot be had, and what importPlatformRates throws.
 */
export async function fetchPlatformRates(
  work: PlatformRateWork,
  { url, timeoutMs = 30_000 }: RateFetching,
): Promise<RateImport> {
  // One limit on all of it: a server that sends a byte now and then is given up like one that sends none.
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { signal, headers: { accept: 'application/xml, text/xml' } }).catch(asUnavailable);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw unavailable('rates_unavailable', `The rates could not be fetched: status ${response.status}`);
  }
  const { rateImport } = await importPlatformRates(work, fetcher(), toRateFile(bytesOf(response.body)));
  return rateImport;
}

async function* bytesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    asUnavailable(error);
  }
}

function asUnavailable(cause: unknown): never {
  throw unavailable('rates_unavailable', 'The rates could not be fetched', cause);
}

const fetcher = (): CallerContext => ({ ...anonymousContext(), actor: { kind: 'service', id: 'ledger' } });
