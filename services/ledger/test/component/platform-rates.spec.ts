import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { ecbFile, ratesOf } from './driver/rates.ts';
import { startLedger, type TestLedger, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
let rates: ReturnType<typeof ratesOf>;
beforeAll(async () => {
  ledger = await startLedger();
  rates = ratesOf(ledger);
});
afterAll(() => ledger.stop());

describe('a file of the European Central Bank', () => {
  it('adds what is new, corrects what differs, and leaves the rest', async () => {
    const [first, second] = [
      { day: '2018-01-04', rates: { USD: '1.2', GBP: '0.88' } },
      { day: '2018-01-05', rates: { USD: '1.21' } },
    ];

    expect(await rates.publish(first, second)).toMatchObject({
      ...{ added: 3, corrected: 0, unchanged: 0, skippedCurrencies: [], replayed: false },
      ...{ dateFrom: '2018-01-04', dateTo: '2018-01-05' },
    });
    expect(await rates.publish(first, second)).toMatchObject({ added: 0, corrected: 0, unchanged: 3 });
    expect(
      await rates.publish({ day: '2018-01-04', rates: { USD: '1.20', GBP: '0.89', XYQ: '1', SEK: '9' } }),
    ).toMatchObject({ added: 1, corrected: 1, unchanged: 1, skippedCurrencies: ['XYQ'] });
    const revisions = await ledger.query(
      `select revision, rate::text from ledger.platform_rates
       where rate_date = '2018-01-04' and currency = 'GBP' order by revision`,
    );
    expect(revisions).toEqual([
      { revision: 1, rate: '0.88' },
      { revision: 2, rate: '0.89' },
    ]);
  });

  it('adds each rate once, however many bring it at once', async () => {
    const file = ecbFile({ day: '2017-01-04', rates: { USD: '1.05', GBP: '0.85' } });

    const outcomes = await Promise.all(Array.from({ length: 5 }, () => rates.importFile(file)));

    expect(outcomes.map(({ added }) => added).toSorted()).toEqual([0, 0, 0, 0, 2]);
  });

  it('has one effect under a key, and another file none', async () => {
    const context = withKey(ledger.platformAdmin(newId()), newId());
    const file = ecbFile({ day: '2017-02-02', rates: { USD: '1.07' } });

    const first = await rates.importFile(file, context);

    expect(await rates.importFile(file, context)).toEqual({ ...first, replayed: true });
    await expect(
      rates.importFile(ecbFile({ day: '2017-02-02', rates: { USD: '1.08' } }), context),
    ).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('is all or nothing', async () => {
    const broken = ecbFile({ day: '2017-03-02', rates: { USD: '1.07', GBP: '0' } });

    await expect(rates.importFile(broken)).rejects.toMatchObject({
      details: [{ field: 'file', code: 'rate_invalid' }],
    });
    await expect(rates.importFile('')).rejects.toMatchObject({ details: [{ field: 'file', code: 'file_empty' }] });
    expect(await ledger.query("select from ledger.platform_rates where rate_date = '2017-03-02'")).toEqual([]);
  });

  it('is not taken when its end is missing, nor from anybody else', async () => {
    const tenant = await ledger.tenant();
    const file = ecbFile({ day: '2017-04-03', rates: { USD: '1.07' } });
    async function* withoutEnd() {
      yield { part: { $case: 'chunk' as const, value: Buffer.from(file) } };
    }

    await expect(ledger.client.importPlatformRates(ledger.platformAdmin(), withoutEnd())).rejects.toMatchObject({
      details: [{ field: 'file', code: 'file_cut_off' }],
    });
    await expect(rates.importFile(file, tenant.owner)).rejects.toMatchObject({ code: 'access_denied' });
    expect(await ledger.query("select from ledger.platform_rates where rate_date = '2017-04-03'")).toEqual([]);
  });

  it('of twenty-five years is taken in as a whole', async () => {
    const day = (index: number) => new Date(Date.UTC(1999, 0, 4 + index)).toISOString().slice(0, 10);
    const currencies = [
      'AUD',
      'BGN',
      'BRL',
      'CAD',
      'CHF',
      'CNY',
      'CZK',
      'DKK',
      'GBP',
      'HKD',
      'HUF',
      'IDR',
      'ILS',
      'INR',
    ];
    const history = Array.from({ length: 6_500 }, (_, index) => ({
      day: day(index),
      rates: Object.fromEntries(currencies.map((currency, at) => [currency, `${1 + at}.${1_000 + (index % 997)}`])),
    }));

    const { added, unchanged } = await rates.publish(...history);

    expect(added + unchanged).toBeGreaterThan(90_000);
  });
});
