import type { AccountKind } from '@outlay/contracts';
import { accountKindOf } from './account-kind.ts';
import { fallbackTitles } from './column-name-lists.ts';
import { normaliseHeader } from './column-names.ts';
import type { FileFormat } from './file-format.ts';
import type { Column } from './recognise-columns.ts';

/** A sum of money in a row: the column of the number and, where there is one, that of its currency. */
export interface MoneyColumns {
  amount: Column;
  currency: Column | undefined;
}

/** The columns of a file by what a row is read for. */
export interface BoundColumns {
  date: Column | undefined;
  /** What was paid in the shop; also the only amount there is. */
  original: MoneyColumns | undefined;
  /** What the card was charged. */
  billed: MoneyColumns | undefined;
  /** Two columns in place of a sign; they stand for what was charged, or for the only amount. */
  debit: Column | undefined;
  credit: Column | undefined;
  debitCurrency: Column | undefined;
  direction: Column | undefined;
  status: Column | undefined;
  /** Whether it is one only where nothing else is said. */
  title: (Column & { isFallback: boolean }) | undefined;
  vendor: Column | undefined;
  /** The most telling one first. */
  descriptions: Column[];
  tax: Column | undefined;
  account: (Column & { kind: AccountKind }) | undefined;
  category: Column | undefined;
  project: Column | undefined;
  tags: (Column & { isList: boolean }) | undefined;
  paymentMethod: Column | undefined;
  reference: Column | undefined;
  sourceId: Column | undefined;
  /** Cells that a row must have at least for its date and amount. */
  widthMin: number;
}

/** Sorts out which amount is in which currency: a plain `Amount` is the billed one beside an original, and the other way round. */
export function bindColumns(format: Pick<FileFormat, 'columns'>): BoundColumns {
  const find = (field: Column['field']): Column | undefined => format.columns.find((column) => column.field === field);
  const date = find('expense_date');
  const plain = find('amount');
  const debit = find('debit');
  const credit = find('credit');
  const isSplit = debit !== undefined || credit !== undefined;

  const originalAmount = find('original_amount');
  const billedAmount = isSplit ? undefined : (find('billed_amount') ?? (originalAmount ? plain : undefined));
  const onlyAmount = isSplit || billedAmount ? undefined : plain;
  const paidAmount = originalAmount ?? (billedAmount && billedAmount !== plain ? plain : undefined) ?? onlyAmount;
  const hasBoth = paidAmount !== undefined && (billedAmount !== undefined || isSplit);

  const currency = find('currency');
  const originalCurrency = find('original_currency');
  const billedCurrency = find('billed_currency');
  // Beside two amounts, a bare `Currency` belongs to the one whose own currency is not named; alone, to what was paid.
  const paidCurrency = hasBoth ? (originalCurrency ?? currency) : (currency ?? originalCurrency ?? billedCurrency);
  const chargedCurrency = hasBoth
    ? (billedCurrency ?? (originalCurrency ? currency : undefined))
    : (currency ?? billedCurrency ?? originalCurrency);

  const title = find('title');
  const account = find('account');
  const tags = find('tags');
  const amountColumns = [paidAmount, billedAmount, debit, credit].filter((column) => column !== undefined);
  return {
    date,
    original: paidAmount && { amount: paidAmount, currency: paidCurrency },
    billed: billedAmount && { amount: billedAmount, currency: chargedCurrency },
    debit,
    credit,
    debitCurrency: isSplit ? chargedCurrency : undefined,
    direction: find('direction'),
    status: find('status'),
    title: title && { ...title, isFallback: !title.isGiven && fallbackTitles.has(normaliseHeader(title.header)) },
    vendor: find('vendor'),
    descriptions: format.columns.filter((column) => column.field === 'description'),
    tax: find('tax'),
    account: account && { ...account, kind: accountKindOf(account.header) },
    category: find('category'),
    project: find('project'),
    tags: tags && { ...tags, isList: /^(tag|label|schlagwort|etiq|etich)/.test(normaliseHeader(tags.header)) },
    paymentMethod: find('payment_method'),
    reference: find('reference'),
    sourceId: find('source_id'),
    widthMin: Math.max(date?.index ?? 0, Math.min(...amountColumns.map((column) => column.index))) + 1,
  };
}
