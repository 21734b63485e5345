import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fractionDigitsByCurrency } from './currencies.ts';
import { formatAmount, fractionDigits, isBookable, isCurrency, parseAmount } from './money.ts';

describe('parseAmount', () => {
  it.each([
    ['125.50', 'EUR', 12550n],
    ['125.5', 'EUR', 12550n],
    ['125', 'EUR', 12500n],
    ['-0.01', 'EUR', -1n],
    ['500', 'JPY', 500n],
    ['1.234', 'KWD', 1234n],
    ['1000000000000000', 'JPY', 1_000_000_000_000_000n],
    ['99999999999999999999.99', 'USD', 9_999_999_999_999_999_999_999n],
  ])('reads %s %s as %s minor units', (text, currency, minor) => {
    expect(parseAmount(text, currency)).toBe(minor);
  });

  it.each(['', ' 1', '1 ', '+1', '1,5', '1e3', '.5', '5.', '--1', 'NaN', '0x1', '１'])('refuses %p', (text) => {
    expect(parseAmount(text, 'EUR')).toBe('amount_invalid');
  });

  it.each([
    ['1.001', 'EUR'],
    ['1.000', 'EUR'],
    ['1.5', 'JPY'],
    ['1.2345', 'KWD'],
  ])('refuses %s %s as more precise than the currency', (text, currency) => {
    expect(parseAmount(text, currency)).toBe('amount_too_precise');
  });

  it('reads back whatever was written', () => {
    const amount = fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(amount, fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'), (minor, currency) => {
        expect(parseAmount(formatAmount(minor, currency), currency)).toBe(minor);
      }),
    );
  });
});

it.each([
  ['1000000000000000', 'JPY', true],
  ['-1000000000000000', 'JPY', true],
  ['1000000000000001', 'JPY', false],
  ['10000000000000.00', 'EUR', true],
  ['-10000000000000.01', 'EUR', false],
  ['100000000000.0001', 'CLF', false],
])('the largest amount has as many smallest units in each currency: %s %s', (text, currency, expected) => {
  const minor = parseAmount(text, currency);
  expect(typeof minor === 'bigint' && isBookable(minor)).toBe(expected);
});

describe('currencies', () => {
  it('include withdrawn ones, which files of past years hold', () => {
    expect(['EUR', 'GBP', 'HRK', 'PKR', 'DEM', 'FRF', 'VED', 'CLF', 'UYW'].filter((code) => !isCurrency(code))).toEqual(
      [],
    );
    expect(['eur', 'EURO', '', 'XX1', 'XXX', 'XAU'].filter(isCurrency)).toEqual([]);
  });

  it('have the decimals of ISO 4217, not those of cash rounding', () => {
    expect(['IQD', 'HUF', 'JPY', 'EUR', 'CLF', 'UYW'].map(fractionDigits)).toEqual([3, 2, 0, 2, 4, 4]);
  });

  it('are those of ICU and more, each with a name', () => {
    const names = new Intl.DisplayNames('en', { type: 'currency' });
    // Of 2025, and one of three that Zimbabwe has had since 2006.
    const unnamed = ['XAD', 'ZWN'];

    expect(Intl.supportedValuesOf('currency').filter((code) => !isCurrency(code))).toEqual([]);
    expect([...fractionDigitsByCurrency.keys()].filter((code) => names.of(code) === code)).toEqual(unnamed);
  });

  it('have the decimals of ICU, but where that rounds as cash is rounded or has others than ISO 4217 had', () => {
    const digitsOfIcu = (currency: string) =>
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
    const others = [...fractionDigitsByCurrency].filter(([code, digits]) => digitsOfIcu(code) !== digits);

    expect(others.map(([code]) => code).join(' ')).toBe(
      'AFN ALL COP HUF IDR IRR KPW LAK LBP MGA MMK PKR SOS SYP YER IQD BEF BYB GRD PTE TPE MRO SLL STD TMM ZMK ZWD',
    );
  });
});
