import { formatAmount, fractionDigits, isBookable, isCurrency, parseAmount } from '@outlay/platform';
import { convert, isRate, ratioOf, toRateText } from '../../../domain/money.ts';
import type { RawRow } from '../csv-splitter.ts';
import { withoutNeedlessZeros } from '../read-money.ts';
import { type StatementRow, statementIncome, toCells } from './statement-columns.ts';
import { UnreadableStatement } from './unreadable-statement.ts';

/**
 * The transactions of an OFX file, piece by piece: of versions 1 (SGML, whose elements are not closed) and 2 (XML) alike,
 * as both are tags with text behind them. No library that is kept reads it in pieces; what is needed of it is little: the
 * text behind a dozen tags between `<STMTTRN>` and `</STMTTRN>` (OFX 2.2, 11.4.4.1). There are no entities but the
 * predefined ones. The line of a row is its number among the transactions, as files without line ends are common.
 */
export async function* readOfx(text: AsyncIterable<string>): AsyncGenerator<RawRow> {
  const reader = createReader();
  let pending = '';
  let count = 0;
  for await (const piece of text) {
    pending += piece;
    for (;;) {
      const start = nextTag(pending, 0);
      const end = start === -1 ? -1 : nextTag(pending, start + 1);
      if (end === -1) break;
      const row = reader.take(pending.slice(start, end));
      pending = pending.slice(end);
      if (row) yield { line: ++count, cells: toCells(row) };
    }
    if (pending.length > elementMax) throw new UnreadableStatement('An element of the file is too long');
  }
  const row = reader.take(pending);
  if (row) yield { line: ++count, cells: toCells(row) };
  if (!reader.isOver()) throw new UnreadableStatement('The file ends in the middle of a transaction');
}

/** Where the next tag begins; a `<` before anything else is part of the text, though it should be `&lt;`. */
function nextTag(text: string, from: number): number {
  let at = text.indexOf('<', from);
  while (at !== -1 && at + 1 < text.length && !/[a-z/?!]/i.test(text.charAt(at + 1))) at = text.indexOf('<', at + 1);
  return at + 1 < text.length ? at : -1;
}

const elementMax = 64 * 1_024;

/** What surrounds a transaction and holds for it. */
interface Statement {
  currency: string;
  account: string;
  isCard: boolean;
}

type Fields = Map<string, string>;

function createReader() {
  const statement: Statement = { currency: '', account: '', isCard: false };
  let transaction: Fields | undefined;
  /** The aggregate within a transaction, or around an account, whose elements mean something of their own. */
  let within = '';

  function leaf(name: string, value: string): void {
    if (transaction) {
      const key = within === '' ? name : `${within}.${name}`;
      if (!transaction.has(key)) transaction.set(key, value);
    } else if (name === 'CURDEF') statement.currency = value;
    else if (name === 'ACCTID' && accounts.has(within)) {
      statement.account = value;
      statement.isCard = within === 'CCACCTFROM';
    }
  }

  return {
    isOver: () => transaction === undefined,
    /** One tag with the text behind it. */
    take(element: string): StatementRow | undefined {
      // Not one pattern for all of it, which would try out every way to divide a long name that nothing closes.
      const close = element.indexOf('>');
      const [, slash, name = ''] = (close !== -1 && /^<(\/?)([A-Za-z0-9._]+)/.exec(element)) || [];
      const text = name === '' ? '' : element.slice(close + 1);
      const tag = name.toUpperCase();
      const isEnd = slash === '/';
      // Where the end of a transaction is left out, as some banks do in version 1, the next one or the end of the list is its end.
      if (tag === 'STMTTRN' || (tag === 'BANKTRANLIST' && isEnd)) {
        const ended = transaction;
        transaction = isEnd ? undefined : new Map();
        within = '';
        return ended ? toRow(ended, statement) : undefined;
      }
      if (aggregates.has(tag)) within = isEnd ? '' : tag;
      const value = decode(text).trim();
      if (!isEnd && value !== '') leaf(tag, value);
      return undefined;
    },
  };
}

const accounts: ReadonlySet<string> = new Set(['BANKACCTFROM', 'CCACCTFROM']);
const aggregates: ReadonlySet<string> = new Set([
  ...['BANKACCTFROM', 'CCACCTFROM', 'BANKACCTTO', 'CCACCTTO', 'PAYEE', 'CURRENCY', 'ORIGCURRENCY', 'EXTDPAYEE'],
]);

function toRow(fields: Fields, statement: Statement): StatementRow {
  const get = (name: string): string => fields.get(name) ?? '';
  const amount = get('TRNAMT');
  const isCredit = !amount.startsWith('-');
  const type = get('TRNTYPE').toUpperCase();
  const corrects = /^0*$/.test(get('CORRECTFITID')) ? '' : get('CORRECTFITID');
  return {
    // The day somebody bought it, where the bank knows it, before the day the bank booked it.
    date: toDay(get('DTUSER') || get('DTPOSTED')),
    valueDate: toDay(get('DTAVAIL')),
    // OFX lets a comma stand for the decimal point (3.2.9.1).
    ...inCurrencies(amount.replace(/^[-+]/, '').replace(/^(\d*),(\d*)$/, '$1.$2'), get, statement.currency),
    direction: isCredit ? 'credit' : 'debit',
    status: isCredit && isIncome(type, statement.isCard) ? statementIncome : '',
    name: get('NAME') || get('PAYEE.NAME'),
    description: get('MEMO'),
    type: typeNames[type] ?? '',
    account: statement.account,
    reference: get('CHECKNUM') || get('REFNUM'),
    id: get('FITID'),
    ...(corrects !== '' && { corrects, correction: get('CORRECTACTION').toUpperCase() }),
  };
}

type Sums = Pick<StatementRow, 'amount' | 'currency' | 'originalAmount' | 'originalCurrency'>;

/**
 * A sum in the currency of the account, and as it was paid abroad. Of CURRENCY the sum is in the foreign one, of ORIGCURRENCY it
 * has been converted; either way one unit of the foreign one is CURRATE units of the other (OFX 2.2, 5.2). A comma may stand
 * for the decimal point (3.2.9.1).
 */
function inCurrencies(amount: string, get: (name: string) => string, home: string): Sums {
  const foreign = get('CURRENCY.CURSYM');
  const original = get('ORIGCURRENCY.CURSYM');
  const rateOf = (aggregate: string): string =>
    get(`${aggregate}.CURRATE`).replace(',', '.').replace(/^\./, '0.').replace(/\.$/, '');
  const charged = foreign === home ? undefined : converted(amount, { from: foreign, to: home }, rateOf('CURRENCY'));
  if (charged !== undefined) {
    return { amount: charged, currency: home, originalAmount: amount, originalCurrency: foreign };
  }
  const rate = rateOf('ORIGCURRENCY');
  const { numerator, denominator } = isRate(rate) ? ratioOf(rate) : { numerator: 0n, denominator: 0n };
  const inverse = numerator === 0n ? undefined : toRateText({ numerator: denominator, denominator: numerator });
  const paid = original === home ? undefined : converted(amount, { from: home, to: original }, inverse ?? '');
  return {
    ...{ amount, currency: foreign || home },
    ...{ originalAmount: paid ?? '', originalCurrency: paid === undefined ? '' : original },
  };
}

/** A sum in another currency; undefined where it, a currency or the rate is none. */
function converted(text: string, { from, to }: { from: string; to: string }, rate: string): string | undefined {
  if (!isRate(rate) || !isCurrency(from) || !isCurrency(to)) return undefined;
  const amountMinor = parseAmount(withoutNeedlessZeros(text, fractionDigits(from)), from);
  if (typeof amountMinor !== 'bigint' || amountMinor === 0n || !isBookable(amountMinor)) return undefined;
  const sum = convert({ currency: from, amountMinor }, rate, to).amountMinor;
  return sum === 0n || !isBookable(sum) ? undefined : formatAmount(sum, to);
}

/** What comes into a bank account is income, unless a card was given it back; into a card, refunds, unless its bill was paid. */
const isIncome = (type: string, isCard: boolean): boolean =>
  isCard ? ['PAYMENT', 'XFER', 'DIRECTDEP', 'DEP'].includes(type) : type !== 'POS';

const typeNames: Readonly<Record<string, string>> = {
  ...{ POS: 'debit card', CHECK: 'check', DIRECTDEBIT: 'direct debit', CASH: 'cash', ATM: 'cash', XFER: 'transfer' },
};

/** `20240131120000[-5:EST]`: the day as the bank writes it. */
const toDay = (text: string): string => text.replace(/^(\d{4})(\d{2})(\d{2}).*$/s, '$1-$2-$3');

const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };

const decode = (text: string): string =>
  text.includes('&')
    ? text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name) => {
        const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
        if (code !== undefined) return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
        return predefined[String(name).toLowerCase()] ?? whole;
      })
    : text;
