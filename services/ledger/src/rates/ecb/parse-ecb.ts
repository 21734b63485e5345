import { invalid, isCurrency } from '@outlay/platform';
import { SaxesParser } from 'saxes';
import { isRate, withoutZeros } from '../../domain/money.ts';

/** What one euro was worth on a day. */
export interface EuroRate {
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly currency: string;
  /** Units of the currency for one euro: decimal text without needless zeros. */
  readonly rate: string;
}

export interface EcbFile {
  readonly rates: readonly EuroRate[];
  /** Currencies of the file that nobody knows, the first fifty by name; their rates are left out. */
  readonly skippedCurrencies: readonly string[];
  /** How many there are of them. */
  readonly skippedCount: number;
}

/** A rate stands in four elements. */
const depthMax = 8;

/** More than a hundred years of forty currencies. */
const ratesMax = 1_500_000;

/**
 * Reads a file of the European Central Bank's reference rates (eurofxref-daily, -hist-90d and -hist have one form) piece by
 * piece. A document type is refused, so that there are no entities to expand; nothing is fetched.
 *
 * Throws invalid on `file`: file_malformed (not well-formed XML in UTF-8), file_not_ecb (no rates in the place where the
 * ECB has them), rate_invalid, date_invalid, rate_contradictory (two rates of one currency and day). `today` bounds dates.
 */
export async function parseEcb(chunks: AsyncIterable<Uint8Array>, today: string): Promise<EcbFile> {
  const reader = createReader(today);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks) reader.write(decode(decoder, chunk));
  reader.write(decode(decoder));
  return reader.end();
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw malformed('is not in UTF-8');
  }
}

function createReader(today: string) {
  const rates = new Map<string, EuroRate>();
  const skipped = new Set<string>();
  const path: string[] = [];
  let day: string | undefined;
  const parser = new SaxesParser({ xmlns: false });
  parser.on('error', (error) => {
    throw malformed(`is not well-formed: ${error.message.slice(0, 200).replaceAll(/\p{Cc}+/gu, ' ')}`);
  });
  parser.on('doctype', () => {
    throw malformed('must not declare a document type');
  });
  parser.on('opentag', ({ name, attributes }) => {
    path.push(localName(name));
    if (path.length > depthMax) throw malformed('has elements within too many others');
    const place = path.join('/');
    if (place === 'Envelope/Cube/Cube') day = readDay(attributes.time, today);
    if (place === 'Envelope/Cube/Cube/Cube') take(attributes.currency, attributes.rate);
  });
  parser.on('closetag', () => {
    path.pop();
  });

  function take(currency = '', text = ''): void {
    if (currency === 'EUR' || !isCurrency(currency)) {
      skipped.add(currency.slice(0, 10));
      return;
    }
    const date = day ?? '';
    const rate = isRate(text) ? withoutZeros(text) : undefined;
    if (rate === undefined) {
      throw invalid('file', 'rate_invalid', `has no rate of ${currency} on ${date} that is a decimal above zero`);
    }
    const place = `${date} ${currency}`;
    const known = rates.get(place);
    if (known !== undefined && known.rate !== rate) {
      throw invalid('file', 'rate_contradictory', `has two rates of ${currency} on ${date}`);
    }
    if (rates.size >= ratesMax) throw invalid('file', 'file_too_large', `has more than ${ratesMax} rates`);
    rates.set(place, { date, currency, rate });
  }

  return {
    write: (text: string) => void parser.write(text),
    end(): EcbFile {
      parser.close();
      if (rates.size === 0 && skipped.size === 0) {
        throw invalid('file', 'file_not_ecb', 'has no rates where a file of the European Central Bank has them');
      }
      return { rates: [...rates.values()], ...namesOf(skipped) };
    },
  };
}

const namedMax = 50;

function namesOf(skipped: ReadonlySet<string>): Pick<EcbFile, 'skippedCurrencies' | 'skippedCount'> {
  return { skippedCurrencies: [...skipped].toSorted().slice(0, namedMax), skippedCount: skipped.size };
}

/** Prefixes are the writer's choice. */
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function readDay(text: string | undefined, today: string): string {
  const day = text ?? '';
  const isDay = /^\d{4}-\d\d-\d\d$/.test(day) && new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) === day;
  if (!isDay || day < '1999-01-01' || day > dayAfter(today)) {
    throw invalid('file', 'date_invalid', 'has a day that does not exist, is before the euro or has yet to come');
  }
  return day;
}

/** Somewhere it is tomorrow already. */
const dayAfter = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

const malformed = (message: string) => invalid('file', 'file_malformed', message);
