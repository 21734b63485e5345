import { isCurrency } from '@outlay/platform';
import type { Fault } from './fault.ts';

/** What every screen, budget, alert and report of a tenant follows. */
export interface Settings {
  /** ISO 4217. */
  currency: string;
  /** IANA name. */
  timezone: string;
  dateFormat: string;
}

export const defaultSettings: Settings = { currency: 'USD', timezone: 'UTC', dateFormat: 'YYYY-MM-DD' };

const dateFormats = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY', 'DD.MM.YYYY'];

/** What is wrong with each setting; undefined when it is good. */
export const settingFaults = {
  currency: (currency: string): Fault | undefined =>
    isCurrency(currency)
      ? undefined
      : { code: 'currency_unknown', message: 'must be a currency code of ISO 4217, such as EUR' },
  timezone: (timezone: string): Fault | undefined =>
    isTimeZone(timezone)
      ? undefined
      : { code: 'timezone_unknown', message: 'must be a time zone of the IANA database, such as Europe/Berlin' },
  dateFormat: (dateFormat: string): Fault | undefined =>
    dateFormats.includes(dateFormat)
      ? undefined
      : { code: 'date_format_unknown', message: `must be one of ${dateFormats.join(', ')}` },
};

/**
 * Whether this is a name of the IANA database, links such as US/Pacific included. Offsets such as +02:00, which Intl
 * takes too, are refused: they know no summer time. So is another case, as other programs are strict about it.
 */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name)) return false;
  try {
    const canonical = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    return canonical === name || canonical.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}
