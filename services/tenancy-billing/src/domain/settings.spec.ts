import { describe, expect, it } from '@jest/globals';
import { defaultSettings, settingsFaults } from './settings.ts';

const codes = (given: Parameters<typeof settingsFaults>[0]) => settingsFaults(given).map((fault) => fault.code);

describe('the settings of a tenant', () => {
  it('are good by default, and none need be given', () => {
    expect(settingsFaults(defaultSettings)).toEqual([]);
    expect(settingsFaults({})).toEqual([]);
  });

  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'US/Pacific', 'Asia/Calcutta', 'Etc/GMT+5'])(
    'take the time zone %s',
    (timezone) => {
      expect(codes({ timezone })).toEqual([]);
    },
  );

  it.each(['', 'Mars/Olympus', '+02:00', 'europe/berlin', 'EUROPE/BERLIN', 'Europe/Berlin ', 'CET-1'])(
    'refuse %p as a time zone',
    (timezone) => {
      expect(codes({ timezone })).toEqual(['timezone_unknown']);
    },
  );

  it.each(['', 'eur', 'EURO', 'XX1', 'ABC'])('refuse %p as a currency', (currency) => {
    expect(codes({ currency })).toEqual(['currency_unknown']);
  });

  it('name each fault by its field', () => {
    const faults = settingsFaults({ currency: 'x', timezone: 'x', dateFormat: 'x' });

    expect(faults.map((fault) => fault.field)).toEqual([
      'settings.currency',
      'settings.timezone',
      'settings.date_format',
    ]);
  });
});
