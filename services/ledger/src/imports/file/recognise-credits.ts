import { accountKindOf } from './account-kind.ts';
import { paymentTeller } from './card-payment.ts';
import { normaliseHeader } from './column-names.ts';
import { directionOf } from './direction.ts';
import type { FileFormat } from './file-format.ts';
import { readNumber, type WrittenNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';
import type { DecimalMark } from './recognise-decimals.ts';
import { refundTeller } from './says-refund.ts';
import { toDecimalText } from './to-decimal-text.ts';

/** Collects what came in and went out in all rows, then tells what becomes of what came in. */
export interface CreditEvidence {
  add(cells: readonly string[]): void;
  conclude(values: Pick<FileFormat, 'signs' | 'decimalMark'>): Pick<FileFormat, 'credits' | 'isCreditsAssumed'>;
}

/** Fewer amounts than this prove nothing by their sum, and more than that nothing new. */
const amountsMin = 5;
const amountsMax = 20_000;

/**
 * What comes into a bank account is income, and into a file of purchases refunds. An account's own side is seen where money
 * spent is negative or stands in a column of its own; then a column of balances or of bank accounts tells a bank, and so
 * do the words of banks for coming and going. A column of cards tells a card, as `Sale` and `Return` do. Where nothing is
 * said, what came in is no refund when it is half as much as what was spent, or more: it is pay, or the
 * bill of the card; but for what is said to pay that bill, which is no refund either and tells nothing of the others. When it
 * is less, or there are too few amounts to tell, it is assumed to be refunds.
 */
export function gatherCredits(columns: readonly Column[]): CreditEvidence {
  const find = (field: Column['field']): Column | undefined => columns.find((column) => column.field === field);
  const direction = find('direction');
  const [debit, credit] = [find('debit'), find('credit')];
  const single = find('billed_amount') ?? find('amount') ?? find('original_amount');
  const account = accountKindOf(find('account')?.header ?? '');
  const isSplit = debit !== undefined && credit !== undefined;
  const names = [debit, credit].map((column) => normaliseHeader(column?.header ?? ''));
  const hasBalance = find('balance') !== undefined;
  const isBank = hasBalance || account === 'bank' || names.some((name) => bankColumns.test(name));
  const sums = noSums();
  // What rows say pays the bill of a card: an account spends it, and a card gets it from its own holder.
  const bills = noSums();
  const saysRefund = refundTeller(columns);
  const saysPayment = paymentTeller(columns);
  let amounts = 0;
  let hasBankWords = false;
  let hasCardWords = false;

  function count(kind: Kind, written: WrittenNumber, cells: readonly string[]): void {
    amounts++;
    // What says itself that it is a refund is one in any file.
    if (saysRefund(cells)) return;
    const said = saysPayment(cells);
    (said === 'thanks' || said === 'issuer' ? bills : sums)[kind].add(written);
  }

  return {
    add(cells) {
      const word = direction ? (cells[direction.index] ?? '').trim() : '';
      hasBankWords ||= bankWords.test(word);
      hasCardWords ||= cardWords.test(word);
      if (isBank || account === 'card' || amounts >= amountsMax) return;
      const side = directionOf(word);
      for (const [column, kind] of [[debit, 'debit'] as const, [credit, 'credit'] as const]) {
        const written = isSplit && column ? readNumber(cells[column.index] ?? '') : undefined;
        if (written) count(kind, written, cells);
      }
      const written = single && !isSplit ? readNumber(cells[single.index] ?? '') : undefined;
      if (!written) return;
      const kind =
        side === undefined ? (written.isNegative ? 'negative' : 'positive') : side === 1 ? 'spent' : 'returned';
      count(kind, written, cells);
    },
    conclude({ signs, decimalMark }) {
      const isAccountsSide = isSplit || direction !== undefined || signs.amount === -1;
      // Banks name what was paid by card as issuers do; only they draw up a balance after each line.
      if (!isAccountsSide || (hasCardWords && !hasBalance)) return told('refund');
      if (isBank || hasBankWords) return told('skip');
      if (account === 'card') return told('refund');
      const all = (kind: Kind): number => sums[kind].in(decimalMark) + bills[kind].in(decimalMark);
      const of = (kind: Kind): number => sums[kind].in(decimalMark);
      const [wentOut, cameIn] =
        signs.amount === -1 ? (['negative', 'positive'] as const) : (['positive', 'negative'] as const);
      const spent = all('debit') + all('spent') + all(wentOut);
      const returned = of('credit') + of('returned') + of(cameIn);
      if (amounts >= amountsMin && returned * 2 >= spent) return told('skip');
      return { credits: 'refund', isCreditsAssumed: returned > 0 };
    },
  };
}

const told = (credits: FileFormat['credits']) => ({ credits, isCreditsAssumed: false });

const bankColumns =
  /^(deposits?( amount)?|withdrawals?( amount)?|insattning|uttag|entrate|uscite|einnahmen?|inkomsten)$/;
const bankWords = /^(deposit|withdrawal)$/i;
const cardWords = /^(sale|purchase|return|refund)$/i;

type Kind = 'debit' | 'credit' | 'positive' | 'negative' | 'spent' | 'returned';

const noSums = () =>
  ({ debit: sum(), credit: sum(), positive: sum(), negative: sum(), spent: sum(), returned: sum() }) satisfies Record<
    Kind,
    unknown
  >;

/** Rough sums under either decimal mark, to be compared with each other: which mark it is shows at the end. */
function sum() {
  const totals: Record<DecimalMark, number> = { '.': 0, ',': 0 };
  return {
    add(written: WrittenNumber): void {
      for (const mark of ['.', ','] as const) totals[mark] += Math.abs(Number(toDecimalText(written, mark) ?? 0));
    },
    in: (mark: DecimalMark): number => totals[mark],
  };
}
