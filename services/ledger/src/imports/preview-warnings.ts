import type { ledger } from '@outlay/contracts';
import type { FileFormat } from './file/file-format.ts';
import { quoted } from './file/row-fault.ts';
import type { ImportState } from './import-state.ts';

/** What was taken in a way that may not be meant, of a file that was looked at, with the mapping that has it otherwise. */
export const warningsOf = (state: ImportState): ledger.ImportWarning[] => [
  ...(state.format?.repeated ?? []).slice(0, repeatedMax).map(repeatedColumn),
  ...assumedSign(state),
  ...skippedCredits(state),
];

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
  const [taken, other] =
    format.signs.amount === 1 ? (['positive', 'spent_negative'] as const) : (['negative', 'spent_positive'] as const);
  const message =
    `There are amounts with a minus and without, and nothing else tells which were spent: the ${taken} ones are taken as ` +
    `spent. To have it the other way, send the mapping ${JSON.stringify({ amounts: other })}.`;
  const column = amountFields.flatMap((field) => format.columns.find((one) => one.field === field) ?? [])[0];
  return [{ code: 'sign_assumed', message, column: column?.header ?? '', rows: 0 }];
}

const amountFields = ['amount', 'billed_amount', 'original_amount'] as const;

function skippedCredits({ format, mapping, survey }: ImportState): ledger.ImportWarning[] {
  const income = survey?.income ?? 0;
  // Whoever says that credits are to be skipped need not be told that they are.
  if (format?.credits !== 'skip' || mapping?.credits === 'skip' || income === 0) return [];
  const rows = income === 1 ? '1 row of money that came in is' : `${income} rows of money that came in are`;
  const message =
    `${rows} skipped, as income: the file is the statement of an account. ` +
    'To have such rows booked as refunds, send the mapping {"credits": "refund"}.';
  return [{ code: 'credits_skipped', message, column: '', rows: income }];
}
