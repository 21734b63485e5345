import { describe, expect, it } from '@jest/globals';
import { defaultSettings, settingFaults } from './settings.ts';

describe('the settings of a tenant', () => {
  it('are good by default', () => {
    expect(settingFaults.currency(defaultSettings.currency)).toBeUndefined();
    expect(settingFaults.timezone(defaultSettings.timezone)).toBeUndefined();
    expect(settingFaults.dateFormat(defaultSettings.dateFormat)).toBeUndefined();
  });

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'US/Pacific', 'Asia/Calcutta', 'Etc/GMT+5'])(
    'take the time zone %s',
    (timezone) => {
      expect(settingFaults.timezone(timezone)).toBeUndefined();
    },
  );

  it.each(['', 'Mars/Olympus', '+02:00', 'europe/berlin', 'EUROPE/BERLIN', 'Europe/Berlin ', 'CET-1'])(
    'refuse %p as a time zone',
    (timezone) => {
      expect(settingFaults.timezone(timezone)).toMatchObject({ code: 'timezone_unknown' });
    },
  );

  it.each(['', 'eur', 'EURO', 'XX1', 'ABC'])('refuse %p as a currency', (currency) => {
    expect(settingFaults.currency(currency)).toMatchObject({ code: 'currency_unknown' });
  });

  it.each(['', 'yyyy-mm-dd', 'YY'])('refuse %p as a date format', (dateFormat) => {
    expect(settingFaults.dateFormat(dateFormat)).toMatchObject({ code: 'date_format_unknown' });
  });
});
