import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { convert, type ListedSource, ratioOf } from '../domain/money.ts';
import { effectiveRate, type ListedRate, lastDayOf, type RateList, rateAgeDaysMax } from './effective-rate.ts';

const day = '2025-01-15';

const listed = (different: Partial<ListedRate>): ListedRate => ({
  ...{ baseCurrency: 'EUR', quoteCurrency: 'USD', rate: '1.25', date: day, source: 'platform', provider: 'ECB' },
  ...different,
});

const listOf =
  (...rates: ListedRate[]): RateList =>
  (source: ListedSource, base: string, quote: string, on: string) =>
    rates.find(
      (rate) =>
        rate.source === source && rate.baseCurrency === base && rate.quoteCurrency === quote && rate.date === on,
    );

const inForce = (rates: ListedRate[], from: string, to: string, date = day) =>
  effectiveRate(listOf(...rates), { from, to, date });

const textInForce = (rates: ListedRate[], from: string, to: string) => {
  const found = inForce(rates, from, to);
  return typeof found === 'object' ? found.rate : undefined;
};

describe('the rate in force', () => {
  it('is the one that is listed for the pair', () => {
    const rate = listed({});
    expect(inForce([rate], 'EUR', 'USD')).toEqual({ rate: '1.25', source: 'platform', date: day, legs: [rate] });
  });

  it('is turned round where the opposite direction is listed', () => {
    expect(inForce([listed({})], 'USD', 'EUR')).toMatchObject({ rate: '0.8' });
    expect(inForce([listed({ rate: '3' })], 'USD', 'EUR')).toMatchObject({ rate: '0.333333333333' });
    expect(inForce([listed({ rate: '1.5' })], 'USD', 'EUR')).toMatchObject({ rate: '0.666666666667' });
  });

  it('leads through the euro where neither is', () => {
    const [usd, gbp] = [listed({}), listed({ quoteCurrency: 'GBP', rate: '0.8' })];
    expect(inForce([usd, gbp], 'USD', 'GBP')).toEqual({
      rate: '0.64',
      source: 'platform',
      date: day,
      legs: [usd, gbp],
    });
    expect(inForce([usd], 'USD', 'GBP')).toBeUndefined();
  });

  it('is made of two rates of one day, be it an older one', () => {
    const rates = [
      listed({}),
      listed({ date: '2025-01-14', rate: '1.2' }),
      listed({ date: '2025-01-14', quoteCurrency: 'GBP', rate: '0.6' }),
    ];
    expect(inForce(rates, 'USD', 'GBP')).toMatchObject({ rate: '0.5', date: '2025-01-14' });
  });

  it(`is the newest of the day or the ${rateAgeDaysMax} days before, over weekends and holidays`, () => {
    const rate = listed({ date: '2025-01-10' });
    expect(inForce([rate, listed({ date: '2025-01-09', rate: '2' })], 'EUR', 'USD', '2025-01-12')).toMatchObject({
      rate: '1.25',
      date: '2025-01-10',
    });
    expect(inForce([rate], 'EUR', 'USD', lastDayOf('2025-01-10'))).toMatchObject({ date: '2025-01-10' });
    expect(inForce([rate], 'EUR', 'USD', '2025-01-18')).toBeUndefined();
    expect(inForce([rate], 'EUR', 'USD', '2025-01-09')).toBeUndefined();
  });

  it('is the tenant’s own before the platform’s, even an older one, and the pair’s own before the opposite', () => {
    const own = listed({ source: 'tenant', date: '2025-01-13', rate: '1.3', provider: 'Treasury' });
    const opposite = listed({ ...own, baseCurrency: 'USD', quoteCurrency: 'EUR', rate: '0.7' });
    expect(inForce([listed({}), own], 'EUR', 'USD')).toMatchObject({ rate: '1.3', source: 'tenant' });
    expect(inForce([own, opposite], 'EUR', 'USD')).toMatchObject({ rate: '1.3' });
    expect(inForce([own, opposite], 'USD', 'EUR')).toMatchObject({ rate: '0.7' });
  });

  it('is none where it would be too small or too large to be written down, and another is taken', () => {
    const [tiny, large] = [listed({ rate: '0.000000000001' }), listed({ rate: '900000000000', source: 'tenant' })];

    expect(inForce([large, listed({ quoteCurrency: 'GBP', rate: '0.1', source: 'tenant' })], 'USD', 'GBP')).toBe(
      'unwritable',
    );
    expect(inForce([tiny], 'USD', 'EUR')).toBe('unwritable');
    expect(inForce([tiny, listed({ date: '2025-01-14' })], 'USD', 'EUR')).toMatchObject({ rate: '0.8' });
    expect(inForce([tiny], 'USD', 'GBP')).toBeUndefined();
  });
});

describe('whatever the rates are', () => {
  /** Between a ten-thousandth and a million, with up to six decimals. */
  const rateText = fc
    .bigInt({ min: 100n, max: 1_000_000_000_000n })
    .map((millionths) => `${millionths / 1_000_000n}.${(millionths % 1_000_000n).toString().padStart(6, '0')}`);
  const unit = 10n ** 12n;
  const scaled = (text: string | undefined) => {
    const { numerator, denominator } = ratioOf(text ?? '');
    return (numerator * unit) / denominator;
  };

  it('a cross rate is the quotient of its legs, to within half of the last decimal', () => {
    fc.assert(
      fc.property(rateText, rateText, (usd, gbp) => {
        const rates = [listed({ rate: usd }), listed({ quoteCurrency: 'GBP', rate: gbp })];
        const cross = textInForce(rates, 'USD', 'GBP');
        const [left, right] = [ratioOf(gbp), ratioOf(usd)];
        const numerator = left.numerator * right.denominator;
        const denominator = left.denominator * right.numerator;
        // |cross - gbp/usd| <= 1/2 of 10^-12, all multiplied by 2 * 10^12 * denominator.
        const error = 2n * (scaled(cross) * denominator - numerator * unit);
        expect(error <= denominator && -error <= denominator).toBe(true);
      }),
    );
  });

  it('there and back again is the same to within what was rounded', () => {
    fc.assert(
      fc.property(rateText, rateText, (usd, gbp) => {
        const rates = [listed({ rate: usd }), listed({ quoteCurrency: 'GBP', rate: gbp })];
        const [there, back] = [scaled(textInForce(rates, 'USD', 'GBP')), scaled(textInForce(rates, 'GBP', 'USD'))];
        const error = there * back - unit * unit;
        const bound = there + back + 1n;
        expect(error <= bound && -error <= bound).toBe(true);
      }),
    );
  });

  it('a conversion is off by half a minor unit at the most, in currencies with 0, 2 and 3 decimals', () => {
    const digits = { JPY: 0n, EUR: 2n, KWD: 3n } as const;
    const code = fc.constantFrom('JPY', 'EUR', 'KWD');
    const amountMinor = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    fc.assert(
      fc.property(code, code, amountMinor, rateText, (from, to, minor, rate) => {
        const booked = convert({ currency: from, amountMinor: minor }, rate, to).amountMinor;
        const { numerator, denominator } = ratioOf(rate);
        const [up, down] = [10n ** digits[to], 10n ** digits[from]];
        const error = 2n * (booked * denominator * down - minor * numerator * up);
        const bound = denominator * down;
        expect(error <= bound && -error <= bound).toBe(true);
        expect(convert({ currency: from, amountMinor: -minor }, rate, to).amountMinor).toBe(-booked);
      }),
    );
  });
});
