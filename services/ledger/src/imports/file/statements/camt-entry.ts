import { type StatementRow, statementIncome, statementPending } from './statement-columns.ts';

/** An element of an entry with all that is in it. */
export interface CamtNode {
  name: string;
  text: string;
  /** Its attribute Ccy. */
  currency: string;
  children: CamtNode[];
}

/**
 * The bookings of an entry: its transactions, where each says what it came to and they come to the sum of the entry, as in a
 * batch of payments; else the entry as a whole, as the bank took something for itself or changed money, and only the sum of
 * the entry was charged. The booking date is the day of the expense, as the value date only says from when the bank counts interest.
 */
export function toStatementRows(entry: CamtNode, account: string): StatementRow[] {
  const transactions = all(entry, 'NtryDtls', 'TxDtls');
  const shared = sharedBy(entry, account);
  const [only] = transactions;
  if (only && transactions.length === 1) return [toRow(shared, only, amountOf(entry), '')];
  if (!comesTo(entry, transactions)) return [toRowOfAll(shared, entry, transactions)];
  return transactions.map((transaction, index) => toRow(shared, transaction, ownAmount(transaction), `/${index + 1}`));
}

/** Whether transactions come to the sum of their entry, in its currency. */
function comesTo(entry: CamtNode, transactions: readonly CamtNode[]): boolean {
  const total = amountOf(entry);
  const expected = total && unitsOf(total);
  if (expected === undefined || transactions.length === 0) return false;
  const own = text(entry, 'CdtDbtInd');
  let sum = 0n;
  for (const transaction of transactions) {
    const amount = ownAmount(transaction);
    const units = amount?.currency === total?.currency ? amount && unitsOf(amount) : undefined;
    if (units === undefined) return false;
    const direction = text(transaction, 'CdtDbtInd');
    sum += direction === '' || direction === own ? units : -units;
  }
  return sum === expected;
}

/** An amount in the smallest parts that the standard has, which are of five decimals; undefined where it is none. */
function unitsOf({ text: written }: CamtNode): bigint | undefined {
  const [, whole, decimals = ''] = /^\+?(\d{0,18})(?:\.(\d{0,5}))?$/.exec(written.trim()) ?? [];
  if (whole === undefined || whole + decimals === '') return undefined;
  return BigInt(whole + decimals.padEnd(5, '0'));
}

/** An entry as one booking: who was paid is said where it was one alone. */
function toRowOfAll(
  shared: ReturnType<typeof sharedBy>,
  entry: CamtNode,
  transactions: readonly CamtNode[],
): StatementRow {
  const row = toRow(shared, entry, amountOf(entry), '');
  const parts = transactions.map((transaction) => toRow(shared, transaction, undefined, ''));
  const names = new Set(parts.map(({ name }) => name));
  const [name = ''] = names;
  const texts = [...new Set(parts.map(({ description }) => description))].filter((one) => one !== '');
  return {
    ...row,
    name: row.name || (names.size === 1 ? name : ''),
    description: row.description || texts.slice(0, textsMax).join(' '),
  };
}

/** A batch may have thousands of payments; the first ones tell what it is. */
const textsMax = 20;

/** What holds for all transactions of an entry, read once: a batch may have thousands of them. */
const sharedBy = (entry: CamtNode, account: string) => ({
  account,
  date: dayOf(entry, 'BookgDt') || dayOf(entry, 'ValDt'),
  valueDate: dayOf(entry, 'ValDt'),
  isBooked: isBooked(entry),
  direction: text(entry, 'CdtDbtInd'),
  isReversal: ['true', '1'].includes(text(entry, 'RvslInd')),
  information: text(entry, 'AddtlNtryInf'),
  reference: text(entry, 'AcctSvcrRef'),
});

function toRow(
  shared: ReturnType<typeof sharedBy>,
  transaction: CamtNode,
  amount: CamtNode | undefined,
  suffix: string,
): StatementRow {
  const { date, valueDate, account, isReversal } = shared;
  const direction = text(transaction, 'CdtDbtInd');
  const said = direction || shared.direction;
  const isCredit = said === 'CRDT';
  const party = isCredit ? 'Dbtr' : 'Cdtr';
  const reference = text(transaction, 'Refs', 'EndToEndId');
  const original = originalAmount(transaction, amount);
  const ownId = text(transaction, 'Refs', 'AcctSvcrRef');
  const id = ownId || shared.reference;
  return {
    date,
    valueDate,
    amount: amount?.text.trim() ?? '',
    currency: amount?.currency ?? '',
    originalAmount: original?.text.trim() ?? '',
    originalCurrency: original?.currency ?? '',
    direction: said === '' ? '' : isCredit ? 'credit' : 'debit',
    // A credit that takes a debit back is a refund; a debit that takes a credit back is as little spending as that was income.
    status: shared.isBooked ? (isCredit !== isReversal ? statementIncome : '') : statementPending,
    name: text(transaction, 'RltdPties', party, 'Nm') || text(transaction, 'RltdPties', party, 'Pty', 'Nm'),
    description:
      all(transaction, 'RmtInf', 'Ustrd')
        .map(({ text: line }) => line.trim())
        .join(' ')
        .trim() ||
      text(transaction, 'AddtlTxInf') ||
      shared.information,
    type: '',
    account,
    reference: reference === 'NOTPROVIDED' ? '' : reference,
    // Banks give the whole batch one reference at times.
    id: id === '' ? '' : ownId === '' ? `${id}${suffix}` : id,
  };
}

/** Of version 8 on the status is a code within an element. */
const isBooked = (entry: CamtNode): boolean => {
  const status = text(entry, 'Sts') || text(entry, 'Sts', 'Cd');
  return status === '' || status === 'BOOK';
};

const amountOf = (node: CamtNode): CamtNode | undefined => all(node, 'Amt')[0];

const ownAmount = (transaction: CamtNode): CamtNode | undefined =>
  amountOf(transaction) ?? all(transaction, 'AmtDtls', 'TxAmt', 'Amt')[0];

/** What was paid abroad, where the bank tells it and it is in another currency. */
function originalAmount(transaction: CamtNode, amount: CamtNode | undefined): CamtNode | undefined {
  const instructed = all(transaction, 'AmtDtls', 'InstdAmt', 'Amt')[0];
  return instructed && instructed.currency !== amount?.currency ? instructed : undefined;
}

const dayOf = (entry: CamtNode, name: string): string =>
  (text(entry, name, 'Dt') || text(entry, name, 'DtTm')).slice(0, 10);

/** All elements along a path of names. */
function all(node: CamtNode, ...path: string[]): CamtNode[] {
  const [name, ...rest] = path;
  if (name === undefined) return [node];
  return node.children.filter((child) => child.name === name).flatMap((child) => all(child, ...rest));
}

const text = (node: CamtNode, ...path: string[]): string => all(node, ...path)[0]?.text.trim() ?? '';
