import { accountKindOf } from './account-kind.ts';
import { paymentTeller } from './card-payment.ts';
import { directionOf } from './direction.ts';
import type { FileFormat } from './file-format.ts';
import { readNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';
import { refundTeller } from './says-refund.ts';
import { cameBack } from './status-words.ts';

/** Purchases to a refund in a list of them, at the least, as pay to what was bought of it. */
const clearRatio = 4;

/** Collects the signs of all rows, then tells what a minus means in each column. */
export interface SignEvidence {
  add(cells: readonly string[]): void;
  /** `before`: what spent money was multiplied by in the last import of such a file, where there is one. */
  conclude(before?: 1 | -1): FileFormat['signs'];
}

/**
 * Cards list what was spent as positive and refunds as negative; a bank's statement shows its side of the account, where
 * what was spent is negative. Where words beside the amounts (a column of debit and credit, or marks such as `CR`) say which
 * way the money went, the rows that have them tell what a minus means in the others. Else it is told by a column of balances or of
 * bank accounts beside amounts of which most are negative. Else their number alone decides, which is assumed: whether most
 * of them are negative, beside balances or bank accounts so many as cannot be refunds; four times as many as the others are
 * clear enough elsewhere. However many there are, it means the
 * same: a file that goes on from another one must not turn what both of them hold, so that a file with the header of one
 * that was booked is read as that was. A debit column holds money spent whether its numbers carry a minus or not.
 */
export function gatherSigns(columns: readonly Column[]): SignEvidence {
  const counted = columns.flatMap(({ field, index }) =>
    field in kinds ? [{ index, kind: kinds[field] ?? field }] : [],
  );
  const saysPayment = paymentTeller(columns);
  const saysRefundInWords = refundTeller(columns);
  const status = columns.find(({ field }) => field === 'status');
  const saysRefund = (cells: readonly string[]): boolean =>
    saysRefundInWords(cells) || (status !== undefined && cameBack((cells[status.index] ?? '').trim()));
  const positive = new Map<string, number>();
  const negative = new Map<string, number>();
  const account = columns.find(({ field }) => field === 'account');
  const accountKind = account && accountKindOf(account.header);
  const hasBalance = columns.some(({ field }) => field === 'balance');
  const isStatement = hasBalance || accountKind === 'bank';
  const direction = columns.find(({ field }) => field === 'direction');
  const isSplit = columns.some(({ field }) => field === 'debit' || field === 'credit');
  let hasMinus = false;
  let hasRefundWithoutMinus = false;
  const thanks = { withMinus: 0, without: 0 };
  // Rows that say which way the money went: how many write what was spent with a minus, and how many without.
  const directed = { withMinus: 0, without: 0 };
  // A column of words of which none is known tells nothing.
  const isDirected = (): boolean => direction !== undefined && directed.withMinus + directed.without > 0;
  const isMostlyNegative = (kind: string): boolean => (negative.get(kind) ?? 0) > (positive.get(kind) ?? 0);
  // Beside balances as few as half as many as the positive ones are too many for refunds; beside bank accounts as many.
  const weight = hasBalance ? 2 : 1;
  const isOftenNegative = (kind: string): boolean => {
    const minuses = negative.get(kind) ?? 0;
    return minuses > 0 && minuses * weight >= (positive.get(kind) ?? 0);
  };
  const isSpentNegative = (): boolean => {
    // Words alone say which way it went, and what has none that is known was spent.
    if (!hasMinus) return false;
    if (isDirected() || directed.withMinus !== directed.without) return directed.withMinus > directed.without;
    if (isStatement) return isOftenNegative('amount');
    // What a card got from its holder is never written as what it paid.
    return isMostlyNegative('amount') && !(isOneSided() && thanks.withMinus > thanks.without);
  };
  const isOneSided = (): boolean => (negative.get('amount') ?? 0) > 0 && (positive.get('amount') ?? 0) === 0;
  const hasNoMinus = (): boolean => (negative.get('amount') ?? 0) === 0 && (positive.get('amount') ?? 0) > 0;
  /** So many on one side that the others are what came back, or what came in. */
  const isClear = (): boolean => {
    const [fewer = 0, more = 0] = [positive.get('amount') ?? 0, negative.get('amount') ?? 0].sort((a, b) => a - b);
    return fewer > 0 && more >= clearRatio * fewer;
  };
  const isTold = (): boolean => isDirected() || isSplit || directed.withMinus !== directed.without;
  const isCounted = (): boolean => {
    if (isTold()) return false;
    if (isStatement && isSpentNegative() && hasRefundWithoutMinus) return false;
    if (isStatement) return !isMostlyNegative('amount') && (positive.get('amount') ?? 0) > 0;
    if (isOneSided()) return thanks.withMinus > thanks.without || thanks.without === 0;
    // A card is not paid more often than it pays.
    return (
      accountKind !== 'card' && !isClear() && (positive.get('amount') ?? 0) > 0 && (negative.get('amount') ?? 0) > 0
    );
  };
  /** What both tell is not assumed any more. */
  function signOfAmounts(before: 1 | -1 | undefined): Pick<FileFormat['signs'], 'amount' | 'isAssumed' | 'isAsBefore'> {
    const counted = isSpentNegative() ? -1 : 1;
    if (before === undefined || !isCounted()) return { amount: counted, isAssumed: isCounted() };
    return before === counted
      ? { amount: counted, isAssumed: false }
      : { amount: before, isAssumed: true, isAsBefore: true };
  }

  return {
    add(cells) {
      const isThanks = saysPayment(cells) === 'thanks';
      for (const { kind, index } of counted) {
        const cell = cells[index] ?? '';
        const written = readNumber(cell);
        if (!written || !/[1-9]/.test(written.body)) continue;
        const isAmount = kind === 'amount';
        if (isAmount && written.isNegative) hasMinus = true;
        const word = direction && isAmount ? directionOf(cells[direction.index] ?? '') : undefined;
        const side = word ?? (isAmount ? markOf(cell) : undefined);
        if (side !== undefined) directed[written.isNegative === (side === 1) ? 'withMinus' : 'without']++;
        // What a card got from its own holder is neither spent nor a refund, and may come as often as both.
        if (isThanks && isAmount) thanks[written.isNegative ? 'withMinus' : 'without']++;
        if (isAmount && isStatement && !written.isNegative) hasRefundWithoutMinus ||= saysRefund(cells);
        // Nor does what says itself that it came back tell how what was spent is written, as in a file of refunds alone.
        if (isAmount && (isThanks || (written.isNegative && saysRefund(cells)))) continue;
        const counts = written.isNegative ? negative : positive;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
    },
    conclude(before) {
      const amounts = signOfAmounts(before);
      return {
        ...amounts,
        debit: isMostlyNegative('debit') ? -1 : 1,
        credit: isMostlyNegative('credit') ? 1 : -1,
        ...(amounts.isAssumed && isOneSided() ? { isOneSided: true } : {}),
        ...(amounts.isAssumed && hasNoMinus() ? { hasNoMinus: true } : {}),
      };
    },
  };
}

/** What a mark behind or before a number says: 1 for money spent, -1 for money that came back. */
function markOf(cell: string): 1 | -1 | undefined {
  if (!/r/i.test(cell)) return undefined;
  const [, before, behind] = /^\s*(cr|dr)(?![a-z])|(?<![a-z])(cr|dr)\)?\s*$/i.exec(cell) ?? [];
  const mark = (before ?? behind)?.toLowerCase();
  return mark === undefined ? undefined : mark === 'dr' ? 1 : -1;
}

const kinds: Readonly<Record<string, string>> = {
  ...{ amount: 'amount', original_amount: 'amount', billed_amount: 'amount', debit: 'debit', credit: 'credit' },
};
