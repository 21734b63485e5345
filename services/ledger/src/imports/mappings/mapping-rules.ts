import type { ledger } from '@outlay/contracts';
import { parseInput } from '@outlay/platform';
import { z } from 'zod';
import { type ImportMapping, importMapping } from '../file/mapping.ts';

/** More columns than any export has. */
const columnsMax = 500;

/** Reads how a file is to be read; proto3 says with nothing that something is not said. Throws invalid on `field.` and below. */
export function parseMapping(rules: ledger.ImportMappingRules, field: 'mapping'): ImportMapping {
  const said = Object.fromEntries(
    Object.entries({
      kind: rules.kind,
      delimiter: rules.delimiter,
      encoding: rules.encoding,
      header_line: rules.headerLine === 0 ? '' : rules.headerLine,
      date_format: rules.dateFormat,
      decimal_mark: rules.decimalMark,
      amounts: rules.amounts,
      credits: rules.credits,
    }).filter(([, value]) => value !== ''),
  );
  const columns = Object.entries(rules.columns).map(([header, of]) => [header.trim(), of === '' ? null : of] as const);
  const defaults = Object.entries(rules.defaults ?? {}).filter(([, value]) => value !== '');
  const given = {
    ...said,
    ...(columns.length > 0 && { columns: Object.fromEntries(columns) }),
    ...(defaults.length > 0 && { defaults: Object.fromEntries(defaults) }),
  };
  const sized = importMapping.refine(() => columns.length <= columnsMax, {
    path: ['columns'],
    message: `must name at most ${columnsMax} columns`,
  });
  return parseInput(z.object({ [field]: sized }), { [field]: given })[field] as ImportMapping;
}

/** The same in the words of the contracts. */
export const toRules = (mapping: ImportMapping): ledger.ImportMappingRules => ({
  kind: mapping.kind ?? '',
  columns: Object.fromEntries(Object.entries(mapping.columns ?? {}).map(([header, field]) => [header, field ?? ''])),
  delimiter: mapping.delimiter ?? '',
  encoding: mapping.encoding ?? '',
  headerLine: mapping.header_line ?? 0,
  dateFormat: mapping.date_format ?? '',
  decimalMark: mapping.decimal_mark ?? '',
  amounts: mapping.amounts ?? '',
  credits: mapping.credits ?? '',
  defaults: mapping.defaults && {
    currency: mapping.defaults.currency ?? '',
    account: mapping.defaults.account ?? '',
    category: mapping.defaults.category ?? '',
    project: mapping.defaults.project ?? '',
  },
});
