import type { ledger } from '@outlay/contracts';
import { bindColumns } from './file/bind-columns.ts';
import type { FileFormat } from './file/file-format.ts';
import { isExtra } from './file/gather-money.ts';
import { quoted } from './file/row-fault.ts';
import type { ImportState } from './import-state.ts';

/** What was taken in a way that may not be meant, of a file that was looked at, with the mapping that has it otherwise. */
export const warningsOf = (state: ImportState): ledger.ImportWarning[] => [
  ...missingRows(state),
  ...(state.format?.repeated ?? []).slice(0, repeatedMax).map(repeatedColumn),
  ...ignoredColumns(state),
  ...uncountedMoney(state),
  ...unreadAmounts(state),
  ...missingTitles(state),
  ...unclosedQuotes(state),
  ...assumedDateOrder(state),
  ...assumedSign(state),
  ...assumedDecimals(state),
  ...skippedCredits(state),
  ...bookedCredits(state),
  ...unknownWords(state),
  ...bookedTotals(state),
  ...knownFile(state),
  ...renamedNames(state),
];

function missingRows({ format, rowsTotal }: ImportState): ledger.ImportWarning[] {
  if (!format || rowsTotal > 0) return [];
  const found =
    format.headerLine === 0 ? 'no booking in the statement' : `nothing below the header (line ${format.headerLine})`;
  return [{ code: 'rows_missing', message: `There is ${found}, so there is nothing to book.`, column: '', rows: 0 }];
}

/** A file of more of them has another fault. */
const repeatedMax = 20;

function repeatedColumn({ header, field, others }: FileFormat['repeated'][number]): ledger.ImportWarning {
  const [other = ''] = others;
  const message =
    `Columns are headed alike: ${quoted(header)} is taken as ${field}, and ${others.slice(0, 5).map(quoted).join(', ')} ` +
    `passed over. To choose, send a mapping such as ${JSON.stringify({ columns: { [header]: null, [other]: field } })}.`;
  return { code: 'column_repeated', message, column: header, rows: 0 };
}

function assumedSign({ format }: ImportState): ledger.ImportWarning[] {
  if (!format?.signs.isAssumed) return [];
  const { amount, isOneSided, hasNoMinus, isAsBefore } = format.signs;
  const [taken, other] =
    amount === 1 ? (['positive', 'spent_negative'] as const) : (['negative', 'spent_positive'] as const);
  const [found, meaning] = isOneSided
    ? (['All amounts have a minus', `they are taken as ${amount === 1 ? 'refunds' : 'spent'}`] as const)
    : hasNoMinus
      ? (['No amount has a minus', `they are taken as ${amount === 1 ? 'spent' : 'money that came in'}`] as const)
      : (['There are amounts with a minus and without', `the ${taken} ones are taken as spent`] as const);
  const before = isAsBefore ? 'as in the last import of a file with this header, ' : '';
  const message =
    `${found}, and nothing else tells which were spent: ${before}${meaning}. To have it the other way, send the mapping ` +
    `${JSON.stringify({ amounts: other })}.`;
  const column = amountFields.flatMap((field) => format.columns.find((one) => one.field === field) ?? [])[0];
  return [{ code: 'sign_assumed', message, column: column?.header ?? '', rows: 0 }];
}

/** How many columns are named in one message. */
const ignoredShown = 10;

function named(headers: readonly string[]): string {
  const rest = headers.length - ignoredShown;
  return headers.slice(0, ignoredShown).map(quoted).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function ignoredColumns({ format }: ImportState): ledger.ImportWarning[] {
  const [first, ...others] = format?.ignored ?? [];
  if (first === undefined) return [];
  const message =
    `Nothing is taken from ${named([first, ...others])}, as it is not known what stands there. To have one ` +
    `read, send a mapping such as ${JSON.stringify({ columns: { [first]: 'description' } })}.`;
  return [{ code: 'column_ignored', message, column: others.length === 0 ? first : '', rows: 0 }];
}

function uncountedMoney({ format }: ImportState): ledger.ImportWarning[] {
  const [first, ...others] = format?.uncounted ?? [];
  if (!format || first === undefined) return [];
  const { original, billed, debit, credit } = bindColumns(format);
  const booked = [billed?.amount ?? original?.amount, debit, credit].flatMap((column) => column?.header ?? []);
  // Nobody wants a fee alone.
  const other = [first, ...others].find((header) => !isExtra(header));
  const columns = other
    ? Object.fromEntries([...booked.map((header) => [header, null] as const), [other, 'amount'] as const])
    : { [first]: null };
  const advice = other
    ? 'To have another column booked'
    : 'It can be recorded apart; to pass it over without this word';
  const message =
    `There is money in ${named([first, ...others])} that is not counted: what is booked is ${named(booked)}. ${advice}, ` +
    `send a mapping such as ${JSON.stringify({ columns })}.`;
  return [{ code: 'money_ignored', message, column: others.length === 0 ? first : '', rows: 0 }];
}

/** Columns that the mapping calls amounts, beside others of it that say what was charged. */
function unreadAmounts({ format }: ImportState): ledger.ImportWarning[] {
  if (format?.kind !== 'csv') return [];
  const { original, billed, debit, credit } = bindColumns(format);
  const read = [original?.amount, billed?.amount, debit, credit].filter((column) => column !== undefined);
  return format.columns
    .filter(({ field, index, isGiven }) => isGiven && isAmountField(field) && !read.some((one) => one.index === index))
    .map(({ header }) => {
      const others = read.map((column) => column.header);
      const columns = { [header]: 'amount', ...Object.fromEntries(others.map((other) => [other, null])) };
      const message =
        `Nothing is taken from ${quoted(header)}, as ${named(others)} tells what was charged. To have it read in place of that, ` +
        `send a mapping such as ${JSON.stringify({ columns })}.`;
      return { code: 'column_ignored', message, column: header, rows: 0 };
    });
}

function missingTitles({ format }: ImportState): ledger.ImportWarning[] {
  const { untitled = 0, ignored = [], headers = [] } = format ?? {};
  if (untitled === 0) return [];
  const column = ignored[0] ?? headers.find((header) => header !== '') ?? '';
  const rows = untitled === 1 ? '1 row says' : `${untitled} rows say`;
  const message =
    `${rows} nothing of what was bought and from whom, and can only become a purchase without a name. To have a column ` +
    `read as that, send a mapping such as ${JSON.stringify({ columns: { [column]: 'title' } })}.`;
  return [{ code: 'title_missing', message, column: '', rows: untitled }];
}

function unclosedQuotes({ format }: ImportState): ledger.ImportWarning[] {
  if (!format?.unclosedQuotes) return [];
  const { rows, lines } = format.unclosedQuotes;
  const [what, where] = rows === 1 ? ['1 row', 'line'] : [`${rows} rows`, 'lines'];
  const message =
    `A quote is opened and not closed in ${what} (${where} ${lines.join(', ')}${rows > lines.length ? ' ...' : ''}), and ` +
    'taken as part of the text. If it is none, correct the file and send it then.';
  return [{ code: 'quote_unclosed', message, column: '', rows }];
}

function assumedDateOrder({ format }: ImportState): ledger.ImportWarning[] {
  if (!format?.dates.assumed) return [];
  const { taken, other } = format.dates.assumed;
  const message =
    `The rows do not tell whether dates are ${taken} or ${other}: they are taken as ${taken}. To have it the other way, send the ` +
    `mapping ${JSON.stringify({ date_format: other })}.`;
  const column = format.columns.find(({ field }) => field === 'expense_date');
  return [{ code: 'date_order_assumed', message, column: column?.header ?? '', rows: 0 }];
}

function assumedDecimals({ format }: ImportState): ledger.ImportWarning[] {
  if (!format?.isDecimalMarkAssumed) return [];
  const other = format.decimalMark === '.' ? ',' : '.';
  const message =
    `Nothing but amounts such as "1,234" or "1.234" tells how decimals are written: ${quoted(format.decimalMark)} is taken ` +
    `to stand before them. To have it the other way, send the mapping ${JSON.stringify({ decimal_mark: other })}.`;
  return [{ code: 'decimals_assumed', message, column: '', rows: 0 }];
}

function knownFile({ format, duplicates }: ImportState): ledger.ImportWarning[] {
  if (!format?.isKnown || duplicates === 0) return [];
  const message =
    'The same file came before. What was booked of it then is not booked again, however it is read now; to have it read ' +
    'another way, undo that import first.';
  return [{ code: 'file_known', message, column: '', rows: duplicates }];
}

const amountFields = ['amount', 'billed_amount', 'original_amount'] as const;
const isAmountField = (field: string): boolean => amountFields.some((one) => one === field);

function skippedCredits({ format, mapping, survey }: ImportState): ledger.ImportWarning[] {
  const income = survey?.income ?? 0;
  // Whoever says that credits are to be skipped need not be told that they are.
  if (format?.credits !== 'skip' || mapping?.credits === 'skip' || income === 0) return [];
  const message =
    `${rowsThatCameIn(income)} skipped, as income: the file is the statement of an account. ` +
    'To have such rows booked as refunds, send the mapping {"credits": "refund"}.';
  return [{ code: 'credits_skipped', message, column: '', rows: income }];
}

function bookedCredits({ format, survey }: ImportState): ledger.ImportWarning[] {
  const refunds = survey?.refunds ?? 0;
  if (!format?.isCreditsAssumed || refunds === 0) return [];
  const message =
    `${rowsThatCameIn(refunds)} taken as refunds: the file does not say whether it is of a card or the statement of an account. ` +
    'To have such rows skipped as income, send the mapping {"credits": "skip"}.';
  return [{ code: 'credits_booked', message, column: '', rows: refunds }];
}

const unknownWords = ({ format }: ImportState): ledger.ImportWarning[] =>
  (format?.unknownWords ?? []).map(({ header, field, words, rows }) => {
    const said = `${rows === 1 ? '1 row says' : `${rows} rows say`} in ${quoted(header)} what is not known`;
    const meaning =
      field === 'status'
        ? 'taken for booked. What was not paid has to be taken out of the file.'
        : 'read by the sign of the amount alone. What came back has to say so in the file, such as by refund or credit.';
    const message = `${said} (${words.map(quoted).join(', ')}), and is ${meaning}`;
    return { code: 'word_unknown', message, column: header, rows };
  });

function bookedTotals({ format }: ImportState): ledger.ImportWarning[] {
  if (!format?.totals) return [];
  const { rows, words } = format.totals;
  const said = `${rows === 1 ? '1 row says' : `${rows} rows say`} nothing but ${words.map(quoted).join(', ')}`;
  const message =
    `${said}, and may be the sum of others or a balance; it is taken as a purchase. What is none has to be taken out of the ` +
    'file.';
  return [{ code: 'totals_booked', message, column: '', rows }];
}

const rowsThatCameIn = (rows: number): string =>
  rows === 1 ? '1 row of money that came in is' : `${rows} rows of money that came in are`;

function renamedNames({ survey }: ImportState): ledger.ImportWarning[] {
  return (survey?.renamed ?? []).map(({ kind, given, name }) => {
    const [same, column] =
      kind === 'account'
        ? (['kind and currency', 'account'] as const)
        : (['place in the tree', 'category_path'] as const);
    const message =
      `The ${kind} ${quoted(given)} of the file is ${quoted(name)} here, as ${kind === 'account' ? 'an account' : 'a category'} ` +
      `of the same name has another ${same}.`;
    return { code: `${kind}_renamed`, message, column, rows: 0 };
  });
}
