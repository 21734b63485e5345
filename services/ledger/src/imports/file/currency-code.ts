import { isCurrency } from '@outlay/platform';
import { isPlain } from './row-text.ts';

const codeBySign: Readonly<Record<string, string>> = {
  ...{ '€': 'EUR', '£': 'GBP', '₹': 'INR', '₽': 'RUB', '₩': 'KRW', '₺': 'TRY', '₪': 'ILS', '฿': 'THB' },
  ...{ '₫': 'VND', '₴': 'UAH', '₦': 'NGN', '₱': 'PHP', R$: 'BRL', US$: 'USD', A$: 'AUD', C$: 'CAD', NZ$: 'NZD' },
  ...{
    HK$: 'HKD',
    S$: 'SGD',
    FT: 'HUF',
    RM: 'MYR',
    SFR: 'CHF',
    ZŁ: 'PLN',
    KČ: 'CZK',
    EURO: 'EUR',
    EUROS: 'EUR',
    STERLING: 'GBP',
  },
};

/** ISO 4217 numbers, by which card schemes name currencies. */
const codeByNumber: Readonly<Record<string, string>> = {
  ...{ '036': 'AUD', '124': 'CAD', '156': 'CNY', '191': 'HRK', '203': 'CZK', '208': 'DKK', '344': 'HKD', '348': 'HUF' },
  ...{ '356': 'INR', '360': 'IDR', '376': 'ILS', '392': 'JPY', '410': 'KRW', '414': 'KWD', '458': 'MYR', '484': 'MXN' },
  ...{ '554': 'NZD', '578': 'NOK', '586': 'PKR', '608': 'PHP', '634': 'QAR', '643': 'RUB', '682': 'SAR', '702': 'SGD' },
  ...{ '704': 'VND', '710': 'ZAR', '752': 'SEK', '756': 'CHF', '764': 'THB', '784': 'AED', '818': 'EGP', '826': 'GBP' },
  ...{ '840': 'USD', '901': 'TWD', '946': 'RON', '949': 'TRY', '975': 'BGN', '978': 'EUR', '980': 'UAH', '985': 'PLN' },
  '986': 'BRL',
};

/** Signs that several currencies share, and the one that is meant where nothing else is expected; without it nobody can tell. */
const shared: Readonly<Record<string, { codes: readonly string[]; usual?: string }>> = {
  $: { codes: ['USD', 'AUD', 'CAD', 'NZD', 'HKD', 'SGD', 'MXN', 'CLP', 'COP', 'TWD'], usual: 'USD' },
  '¥': { codes: ['JPY', 'CNY'], usual: 'JPY' },
  KR: { codes: ['SEK', 'NOK', 'DKK', 'ISK'] },
  FR: { codes: ['CHF', 'XAF', 'XOF', 'XPF', 'BIF', 'DJF', 'GNF', 'KMF', 'RWF', 'CDF'] },
  LEI: { codes: ['RON', 'MDL'] },
  RS: { codes: ['INR', 'PKR', 'LKR', 'NPR', 'MUR', 'SCR'] },
};

/** Capital letters without a point behind them; signs of full width are those of plain width. */
const plainSign = (text: string): string =>
  (isPlain(text) ? text : text.normalize('NFKC')).trim().toUpperCase().replace(/\.$/, '');

const ownOf = (sign: string): string | undefined => {
  const code = codeBySign[sign] ?? codeByNumber[sign.padStart(3, '0')] ?? sign;
  return /^[A-Z]{3}$/.test(code) && isCurrency(code) ? code : undefined;
};

/**
 * The ISO 4217 code that a cell or a sign beside an amount means, or undefined where it means none or cannot be told. Of
 * currencies that share a sign it is the first that is expected.
 */
export function toCurrencyCode(text: string, expected: readonly (string | undefined)[]): string | undefined {
  const sign = plainSign(text);
  const choice = Object.hasOwn(shared, sign) ? shared[sign] : undefined;
  if (!choice) return ownOf(sign);
  return expected.find((code) => code !== undefined && choice.codes.includes(code)) ?? choice.usual;
}

/** Whether a text names a currency, be it one of several. */
export function namesCurrency(text: string): boolean {
  const sign = plainSign(text);
  return Object.hasOwn(shared, sign) || ownOf(sign) !== undefined;
}

/** Signs that are told by themselves wherever they stand, and abbreviations and codes at the end, as in `Betrag in Fr.` */
const signInHeader = /(?<!\p{L})(?:US|NZ|HK|[ACRS])\$|\p{Sc}/u;
const wordInHeader = /(?<=[\s([_-])(?:[A-Z]{3}|(?:kr|ft|rm|lei|rs|s?fr|zł|kč)\.?)(?=\s*[)\]]?$)/iu;

/** A code in front, as in `EUR Amount`; two of them are words. */
const codeInFront = /^(?!ALL|TOP)[A-Z]{3}(?=[\s_-])/;

/** The currency whose code stands in front of a header, and the header without it. */
export function currencyInFront(header: string): { currency: string; rest: string } | undefined {
  const [code] = codeInFront.exec(header) ?? [];
  const currency = code === undefined ? undefined : ownOf(code);
  return currency === undefined ? undefined : { currency, rest: header.slice(3) };
}

/**
 * The currency that a header names, as a code, or as it is written where several share it; and the header without it.
 * Undefined where it names none.
 */
export function currencyInHeader(header: string): { currency: string; rest: string } | undefined {
  const found = signInHeader.exec(header) ?? wordInHeader.exec(header);
  const [written] = found ?? [];
  if (!found || written === undefined || !namesCurrency(written)) return undefined;
  // Codes are capital letters: `all` and `top` are words.
  if (/^[a-z]{3}$/i.test(written) && !/^(?:[A-Z]{3}|lei|sfr)$/.test(written)) return undefined;
  const before = header.slice(0, found.index).replace(/(?<=[\s([_-])in\s*$/i, '');
  const rest = before + header.slice(found.index + written.length);
  return {
    currency: Object.hasOwn(shared, plainSign(written)) ? written : (ownOf(plainSign(written)) ?? written),
    rest,
  };
}
