import { describe, expect, it } from '@jest/globals';
import { fractionDigits } from '@outlay/platform';
import fc from 'fast-check';
import { convert, impliedRate, isRate, isSameRate } from './money.ts';

const currencies = fc.constantFrom('EUR', 'USD', 'GBP', 'JPY', 'KWD', 'CLF');
const minor = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const rates = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 999_999n }),
    fc.bigInt({ min: 0n, max: 999_999_999_999n }),
    fc.integer({ min: 1, max: 12 }),
  )
  .map(([whole, fraction, digits]) => `${whole}.${fraction.toString().padStart(12, '0').slice(0, digits)}`)
  .filter(isRate);

/** Twice the distance between the exact product and the result, in units of the result's last place over `scale`. */
const deviation = (amountMinor: bigint, from: string, rate: string, result: bigint, to: string) => {
  const [whole = '', fraction = ''] = rate.split('.');
  const scale = 10n ** BigInt(fraction.length + fractionDigits(from));
  const exact = amountMinor * BigInt(whole + fraction) * 10n ** BigInt(fractionDigits(to));
  const difference = exact - result * scale;
  return { twice: 2n * (difference < 0n ? -difference : difference), scale };
};

describe('converting an amount', () => {
  it.each([
    [10_000n, 'USD', '0.970518', 'EUR', 9_705n],
    [-10_000n, 'USD', '0.970518', 'EUR', -9_705n],
    [1_000n, 'JPY', '0.0061', 'EUR', 610n],
    [100n, 'EUR', '163.2', 'JPY', 163n],
    [1_234n, 'KWD', '3.25', 'USD', 401n],
    [1n, 'JPY', '0.001', 'EUR', 0n],
  ])('%s %s at %s is %s', (amountMinor, currency, rate, to, expected) => {
    expect(convert({ currency, amountMinor }, rate, to)).toEqual({ currency: to, amountMinor: expected });
  });

  it.each([
    [1n, '0.5', 0n],
    [3n, '0.5', 2n],
    [5n, '0.5', 2n],
    [-1n, '0.5', 0n],
    [-3n, '0.5', -2n],
    [1n, '0.500000000001', 1n],
  ])('rounds a half to the even neighbour: %s at %s is %s', (amountMinor, rate, expected) => {
    expect(convert({ currency: 'USD', amountMinor }, rate, 'EUR').amountMinor).toBe(expected);
  });

  it('is never further than half a minor unit from the exact product', () => {
    fc.assert(
      fc.property(minor, currencies, rates, currencies, (amountMinor, currency, rate, to) => {
        const result = convert({ currency, amountMinor }, rate, to).amountMinor;
        const { twice, scale } = deviation(amountMinor, currency, rate, result, to);
        expect(twice <= scale).toBe(true);
      }),
    );
  });

  it('turns a refund into exactly the negative of its purchase', () => {
    fc.assert(
      fc.property(minor, currencies, rates, currencies, (amountMinor, currency, rate, to) => {
        const purchase = convert({ currency, amountMinor }, rate, to).amountMinor;
        expect(convert({ currency, amountMinor: -amountMinor }, rate, to).amountMinor).toBe(-purchase);
      }),
    );
  });
});

describe('the rate between two amounts', () => {
  it.each([
    [12_550n, 'USD', 12_180n, 'EUR', '0.970517928287'],
    [-5_000n, 'EUR', -4_300n, 'GBP', '0.86'],
    [10_000n, 'JPY', 6_100n, 'EUR', '0.0061'],
    [100n, 'USD', 100n, 'EUR', '1'],
  ])('from %s %s to %s %s is %s', (amountMinor, currency, bookedMinor, booked, expected) => {
    expect(impliedRate({ currency, amountMinor }, { currency: booked, amountMinor: bookedMinor })).toBe(expected);
  });

  it('is a rate that leads from one to the other again', () => {
    const positive = fc.bigInt({ min: 1n, max: 10n ** 9n });
    fc.assert(
      fc.property(positive, positive, currencies, currencies, (amountMinor, bookedMinor, currency, to) => {
        const rate = impliedRate({ currency, amountMinor }, { currency: to, amountMinor: bookedMinor });
        if (rate === undefined || !isRate(rate)) return;
        const again = convert({ currency, amountMinor }, rate, to).amountMinor;
        // Half of the last of 12 decimals, in minor units up to 10,000 times finer.
        const slack = amountMinor / 10n ** 8n + 1n;
        expect(again >= bookedMinor - slack && again <= bookedMinor + slack).toBe(true);
      }),
    );
  });

  it.each([
    [0n, 100n],
    [100n, 0n],
    [100n, -100n],
    [-100n, 100n],
  ])('does not exist between %s and %s', (amountMinor, bookedMinor) => {
    const rate = impliedRate({ currency: 'USD', amountMinor }, { currency: 'EUR', amountMinor: bookedMinor });
    expect(rate).toBeUndefined();
  });
});

it.each(['0', '0.000', '-1', '1e5', '1.', '.5', '', ' 1', '1,5', '1.0000000000001'])('%j is no rate', (text) => {
  expect(isRate(text)).toBe(false);
});

describe('a rate that was applied', () => {
  const applied = { rate: '0.80', source: 'platform', date: '2025-01-15' } as const;

  it('is the same however it is written', () => {
    expect(isSameRate(applied, { ...applied, rate: '0.8' })).toBe(true);
  });

  it.each([{ rate: '0.81' }, { source: 'tenant' as const }, { date: '2025-01-14' }])('is another with %j', (other) => {
    expect(isSameRate(applied, { ...applied, ...other })).toBe(false);
  });
});
