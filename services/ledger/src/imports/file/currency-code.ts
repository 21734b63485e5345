import { isCurrency } from '@outlay/platform';

const codeBySign: Readonly<Record<string, string>> = {
  ...{ '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR', '₽': 'RUB', '₩': 'KRW', '₺': 'TRY', '₪': 'ILS', '฿': 'THB' },
  ...{ '₫': 'VND', '₴': 'UAH', '₦': 'NGN', '₱': 'PHP', R$: 'BRL', US$: 'USD', A$: 'AUD', C$: 'CAD', NZ$: 'NZD' },
  ...{ HK$: 'HKD', S$: 'SGD', ZŁ: 'PLN', KČ: 'CZK', EURO: 'EUR', EUROS: 'EUR', STERLING: 'GBP' },
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

/** Currencies written with a bare dollar sign, which means the tenant's own where that is one of them. */
const dollars: ReadonlySet<string> = new Set(['USD', 'AUD', 'CAD', 'NZD', 'HKD', 'SGD', 'MXN', 'CLP', 'COP', 'TWD']);

/** The ISO 4217 code that a cell or a sign beside an amount means, or undefined where it means none. */
export function toCurrencyCode(text: string, tenantCurrency: string): string | undefined {
  const written = text.trim().toUpperCase();
  if (written === '$') return dollars.has(tenantCurrency) ? tenantCurrency : 'USD';
  const code = codeBySign[written] ?? codeByNumber[written.padStart(3, '0')] ?? written;
  return /^[A-Z]{3}$/.test(code) && isCurrency(code) ? code : undefined;
}
