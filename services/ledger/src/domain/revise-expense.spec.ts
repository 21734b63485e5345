import { describe, expect, it } from '@jest/globals';
import type { BookableExpense } from './booking.ts';
import type { AppliedRate, RateSource } from './money.ts';
import {
  bookedAt,
  type ExpenseInput,
  rateWantedByEdit,
  rateWantedFor,
  reviseExpense,
  toBookable,
} from './revise-expense.ts';

const usd = (amountMinor: bigint) => ({ currency: 'USD', amountMinor });
const eur = (amountMinor: bigint) => ({ currency: 'EUR', amountMinor });

const anInput = (different: Partial<ExpenseInput> = {}): ExpenseInput => ({
  amount: eur(1_000n),
  title: 'Design tool',
  description: '',
  categoryId: undefined,
  accountId: undefined,
  projectId: undefined,
  expenseDate: '2025-01-15',
  paymentMethod: '',
  tags: [],
  vendor: '',
  exchangeRate: undefined,
  ...different,
});

describe('bringing an expense into the tenant’s currency', () => {
  it('leaves an amount in that currency as it is', () => {
    expect(toBookable(anInput(), 'EUR')).toMatchObject({
      booked: eur(1_000n),
      rate: { rate: '1', source: 'identity', date: '2025-01-15' },
    });
  });

  it('converts another one at the rate that is given', () => {
    expect(toBookable(anInput({ amount: usd(1_000n), exchangeRate: '0.9' }), 'EUR')).toMatchObject({
      booked: eur(900n),
      rate: { rate: '0.9', source: 'given', date: '2025-01-15' },
    });
  });

  it('needs a rate exactly where the currencies differ', () => {
    expect(toBookable(anInput({ amount: usd(1_000n) }), 'EUR')).toBe('exchange_rate_required');
    expect(toBookable(anInput({ exchangeRate: '0.9' }), 'EUR')).toBe('exchange_rate_not_applicable');
  });

  it('tells of a listed rate that cannot be written, unless one is given or kept', () => {
    const abroad = anInput({ amount: usd(1_000n) });
    const billed: BookableExpense = {
      ...{ ...abroad, booked: eur(913n), rate: { rate: '0.913', source: 'platform', date: '2025-01-15' } },
    };

    expect(toBookable(abroad, 'EUR', 'unwritable')).toBe('exchange_rate_unwritable');
    expect(toBookable({ ...abroad, exchangeRate: '0.9' }, 'EUR', 'unwritable')).toMatchObject({ booked: eur(900n) });
    expect(reviseExpense(billed, { amount: usd(2_000n) }, 'unwritable')).toMatchObject({ booked: eur(1_826n) });
    expect(reviseExpense(billed, { expenseDate: '2025-01-16' }, 'unwritable')).toBe('exchange_rate_unwritable');
  });

  it('refuses what a rate makes larger than the books can hold', () => {
    const atLimit = anInput({ amount: usd(-1_000n), exchangeRate: '999999999999' });
    const beyond = anInput({ amount: usd(-1_001n), exchangeRate: '999999999999' });

    expect(toBookable(atLimit, 'EUR')).toMatchObject({ booked: eur(-999_999_999_999_000n) });
    expect(toBookable(beyond, 'EUR')).toBe('exchange_rate_out_of_range');
    const booked = toBookable(atLimit, 'EUR') as BookableExpense;
    expect(reviseExpense(booked, { amount: usd(-1_001n) })).toBe('exchange_rate_out_of_range');
    expect(reviseExpense(booked, { amount: usd(-1_001n), exchangeRate: '1' })).toMatchObject({ booked: eur(-1_001n) });
  });
});

describe('revising an expense', () => {
  it('leaves a rate as it was written, where another one says the same', () => {
    const given: BookableExpense = {
      ...anInput({ amount: usd(1_000n) }),
      booked: eur(7_100n),
      rate: { rate: '7.10', source: 'given', date: '2025-01-15' },
    };

    expect(reviseExpense(given, { exchangeRate: '7.1' })).toEqual(given);
    expect(reviseExpense(given, { exchangeRate: '7.2' })).toMatchObject({ rate: { rate: '7.2' } });
    const later = { exchangeRate: '7.1', expenseDate: '2025-01-16' };
    expect(reviseExpense(given, later)).toMatchObject({ rate: { rate: '7.1', date: '2025-01-16' } });
  });

  const billed: BookableExpense = {
    ...anInput({ amount: usd(1_000n) }),
    booked: eur(913n),
    rate: { rate: '0.913', source: 'billed', date: '2025-01-15' },
  };

  it('changes what is named and nothing else', () => {
    expect(reviseExpense(billed, { title: 'Two seats', categoryId: 'other' })).toEqual({
      ...billed,
      title: 'Two seats',
      categoryId: 'other',
    });
  });

  it('takes a reference away that is named without a value', () => {
    expect(reviseExpense({ ...billed, projectId: 'project' }, { projectId: undefined })).toMatchObject({
      projectId: undefined,
    });
  });

  it('keeps what the card charged while the amount stays, though another rate would round otherwise', () => {
    const odd = { ...billed, booked: eur(914n) };
    expect(reviseExpense(odd, { amount: usd(1_000n), vendor: 'Draftsman' })).toMatchObject({ booked: eur(914n) });
  });

  it('converts a new amount in the same currency at the rate of the old one', () => {
    expect(reviseExpense(billed, { amount: usd(2_000n) })).toMatchObject({ booked: eur(1_826n), rate: billed.rate });
  });

  it('takes a new rate for the old amount', () => {
    expect(reviseExpense(billed, { exchangeRate: '0.8', expenseDate: '2025-02-01' })).toMatchObject({
      booked: eur(800n),
      rate: { rate: '0.8', source: 'given', date: '2025-02-01' },
    });
  });

  it('needs no rate for the tenant’s own currency, and one for yet another', () => {
    expect(reviseExpense(billed, { amount: eur(500n) })).toMatchObject({
      booked: eur(500n),
      rate: { rate: '1', source: 'identity' },
    });
    expect(reviseExpense(billed, { amount: { currency: 'GBP', amountMinor: 500n } })).toBe('exchange_rate_required');
  });
});

describe('a rate that is listed', () => {
  const listed: AppliedRate = { rate: '0.8', source: 'platform', date: '2025-01-13' };
  const bookedFrom = (source: RateSource): BookableExpense => ({
    ...anInput({ amount: usd(1_000n) }),
    ...{ booked: eur(900n), rate: { rate: '0.9', source, date: '2025-01-15' } },
  });
  const wanted = { from: 'USD', to: 'EUR', date: '2025-01-15' };

  it('is wanted exactly for an amount abroad without a rate of its own', () => {
    expect(rateWantedFor(anInput({ amount: usd(1n) }), 'EUR')).toEqual(wanted);
    expect(rateWantedFor(anInput({ amount: usd(1n), exchangeRate: '2' }), 'EUR')).toBeUndefined();
    expect(rateWantedFor(anInput(), 'EUR')).toBeUndefined();
    expect(toBookable(anInput({ amount: usd(1_000n) }), 'EUR', listed)).toMatchObject({
      booked: eur(800n),
      rate: listed,
    });
  });

  it.each<[RateSource, Partial<ExpenseInput>, boolean]>([
    ['platform', { title: 'Other' }, false],
    ['platform', { expenseDate: '2025-01-16' }, true],
    ['tenant', { amount: usd(2n) }, true],
    ['tenant', { exchangeRate: '2' }, false],
    ['given', { expenseDate: '2025-01-16' }, false],
    ['given', { exchangeRate: undefined }, true],
    ['billed', { expenseDate: '2025-01-16', exchangeRate: undefined }, false],
    ['billed', { amount: { currency: 'GBP', amountMinor: 1n } }, true],
    ['platform', { amount: eur(1n) }, false],
  ])('is wanted again in place of one that is %s when %j changes: %s', (source, changes, isWanted) => {
    expect(rateWantedByEdit(bookedFrom(source), changes) !== undefined).toBe(isWanted);
  });

  it('takes the place of the one before, which stays where no other is listed for the same day', () => {
    expect(reviseExpense(bookedFrom('platform'), { amount: usd(10n) }, listed)).toMatchObject({
      booked: eur(8n),
      rate: listed,
    });
    expect(reviseExpense(bookedFrom('platform'), { amount: usd(10n) })).toMatchObject({ booked: eur(9n) });
    expect(reviseExpense(bookedFrom('platform'), { expenseDate: '2025-01-16' })).toBe('exchange_rate_required');
  });

  it('takes the place of one that was given and is taken away, which is not kept where none is listed', () => {
    const without = { amount: usd(2_000n), expenseDate: '2025-03-15', exchangeRate: undefined };
    expect(reviseExpense(bookedFrom('given'), without, listed)).toMatchObject({ booked: eur(1_600n), rate: listed });
    expect(reviseExpense(bookedFrom('given'), without)).toBe('exchange_rate_required');
    expect(reviseExpense(bookedFrom('given'), { exchangeRate: undefined })).toBe('exchange_rate_required');
    expect(reviseExpense(bookedFrom('given'), { amount: usd(2_000n) })).toMatchObject({ booked: eur(1_800n) });
    expect(reviseExpense(bookedFrom('billed'), { exchangeRate: undefined })).toMatchObject({ booked: eur(900n) });
  });

  it('books anew what was booked at another, within what the books can hold', () => {
    expect(bookedAt(bookedFrom('tenant'), listed)).toEqual({
      ...bookedFrom('tenant'),
      booked: eur(800n),
      rate: listed,
    });
    const huge = { ...bookedFrom('tenant'), amount: usd(10n ** 15n) };
    expect(bookedAt(huge, { ...listed, rate: '2' })).toBeUndefined();
  });
});
