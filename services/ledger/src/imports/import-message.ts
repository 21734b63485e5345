import type { ledger } from '@outlay/contracts';
import type { FileFormat } from './file/file-format.ts';
import { headerLengthMax } from './file/name-columns.ts';
import type { ImportState } from './import-state.ts';
import { warningsOf } from './preview-warnings.ts';
import type { Survey } from './survey.ts';

/** The message of the contracts. */
export function toImportMessage(state: ImportState): ledger.Import {
  const { format, survey } = state;
  return {
    id: state.id,
    status: state.status,
    fileName: state.fileName,
    rowsTotal: state.rowsTotal,
    rowsDone: state.rowsDone,
    fresh: state.fresh,
    imported: state.imported,
    duplicates: state.duplicates,
    skipped: state.skipped,
    refused: state.refused,
    dryRun: state.isPreview,
    preview: state.isPreview && survey?.made ? toPreviewMessage(state, survey, survey.made) : undefined,
    expiresAt: state.isPreview && state.status !== 'expired' ? state.expiresAt : undefined,
    mappingId: state.mappingId ?? '',
    failureCode: state.failureCode,
    failureMessage: state.failureMessage,
    reversed: state.reversed,
    alreadyReversed: state.alreadyReversed,
    referencesRemoved: state.referencesRemoved,
    leftOut: state.undoLeftOut,
    createdAt: state.createdAt,
    finishedAt: state.finishedAt,
    undoneAt: state.undoneAt,
    format: format && toFormatMessage(format),
    exceededLimits: toBreachMessages(survey?.exceeded),
  };
}

const toBreachMessages = (breaches: Survey['breaches'] = []): ledger.ImportLimitBreach[] =>
  breaches.map(({ metric, project, limit, used, wanted }) => ({
    metric,
    project: project ?? '',
    limit: BigInt(limit),
    used: BigInt(used),
    wanted: BigInt(wanted),
  }));

function toPreviewMessage(state: ImportState, survey: Survey, made: NonNullable<Survey['made']>): ledger.ImportPreview {
  const { currency } = survey;
  return {
    spent: { currency, amountMinor: BigInt(survey.spentMinor) },
    refunded: { currency, amountMinor: BigInt(survey.refundedMinor) },
    firstDate: survey.firstDate,
    lastDate: survey.lastDate,
    newAccounts: made.accounts,
    newCategories: made.categories,
    newProjects: made.projects,
    limits: toBreachMessages(survey.breaches),
    warnings: warningsOf(state),
  };
}

/** In the words of a mapping, so that it can be corrected and given back. */
function toFormatMessage(format: FileFormat): ledger.ImportFormat {
  const { defaults } = format;
  // What is longer than a mapping can say is not understood either.
  const headers = format.headers.filter((header) => header !== '' && header.length <= headerLengthMax);
  const isUnderstood = format.columns.map(({ header, field }) => [header, field] as const);
  return {
    kind: format.kind,
    encoding: format.encoding,
    delimiter: format.delimiter,
    dateFormat: format.dates.text,
    headerLine: format.headerLine,
    decimalMark: format.decimalMark,
    amounts: format.signs.amount === 1 ? 'spent_positive' : 'spent_negative',
    credits: format.credits,
    defaults: {
      currency: defaults?.currency ?? '',
      account: defaults?.account ?? '',
      category: defaults?.category ?? '',
      project: defaults?.project ?? '',
    },
    columns: Object.fromEntries([...headers.map((header) => [header, ''] as const), ...isUnderstood]),
  };
}
