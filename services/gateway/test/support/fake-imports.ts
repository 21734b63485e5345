import type { ledger } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { at, page } from './fixtures.ts';

export function anImport(change: Partial<ledger.Import> = {}): ledger.Import {
  return {
    id: newId(),
    status: 'processing',
    fileName: 'january.csv',
    rowsTotal: 0,
    rowsDone: 0,
    dryRun: false,
    fresh: 0,
    imported: 0,
    duplicates: 0,
    skipped: 0,
    refused: 0,
    preview: undefined,
    expiresAt: undefined,
    mappingId: '',
    reversed: 0,
    alreadyReversed: 0,
    referencesRemoved: 0,
    leftOut: 0,
    undoneAt: undefined,
    exceededLimits: [],
    failureCode: '',
    failureMessage: '',
    format: undefined,
    createdAt: at,
    finishedAt: undefined,
    ...change,
  };
}

/** Takes every file and every mapping. */
export function fakeImports(): FakeHandlers {
  return {
    startImport: async (parts: AsyncIterable<ledger.StartImportRequest>) => {
      let name = '';
      let size = 0;
      for await (const { part } of parts) {
        if (part?.$case === 'file') name = part.value.name;
        else if (part?.$case === 'chunk') size += part.value.length;
      }
      return { import: anImport({ fileName: name, rowsTotal: size }), replayed: false };
    },
    getImport: ({ importId }: ledger.GetImportRequest) => ({ import: anImport({ id: importId }) }),
    listImports: () => ({ imports: [anImport({ status: 'completed', finishedAt: at })], page }),
    commitImport: ({ importId }: ledger.CommitImportRequest) => ({
      import: anImport({ id: importId }),
      replayed: false,
    }),
    discardImport: () => ({ replayed: false }),
    undoImport: ({ importId }: ledger.UndoImportRequest) => ({
      import: anImport({ id: importId, status: 'undoing', imported: 3, reversed: 1 }),
      replayed: false,
    }),
    createImportMapping: ({ name, rules }: ledger.CreateImportMappingRequest) => ({
      mapping: aMapping({ name, rules }),
      replayed: false,
    }),
    getImportMapping: ({ mappingId }: ledger.GetImportMappingRequest) => ({ mapping: aMapping({ id: mappingId }) }),
    listImportMappings: () => ({ mappings: [aMapping()], page }),
    updateImportMapping: ({ mappingId }: ledger.UpdateImportMappingRequest) => ({
      mapping: aMapping({ id: mappingId, version: 2n }),
      replayed: false,
    }),
    deleteImportMapping: () => ({ replayed: false }),
    listImportRows: () => ({
      rows: [
        { line: 2, fate: 'refused', column: 'AMT', code: 'amount_invalid', reason: 'is not an amount', expenseId: '' },
      ],
      page,
    }),
  };
}

function aMapping(change: Partial<ledger.ImportMapping> = {}): ledger.ImportMapping {
  return {
    id: newId(),
    name: 'Purchase cards',
    rules: {
      kind: '',
      columns: { 'TRANS DATE': 'expense_date', Project: '' },
      delimiter: '',
      encoding: '',
      headerLine: 0,
      dateFormat: 'DD/MM/YY',
      decimalMark: '',
      amounts: '',
      credits: '',
      defaults: undefined,
    },
    version: 1n,
    createdAt: at,
    updatedAt: at,
    ...change,
  };
}

/** A ledger that takes no byte of a file before it is let go, and says as `rowsTotal` how many bytes came. */
export function slowImports(): { handlers: FakeHandlers; letGo: () => void } {
  const gate = Promise.withResolvers<void>();
  return {
    letGo: () => gate.resolve(),
    handlers: {
      startImport: async (parts: AsyncIterable<ledger.StartImportRequest>) => {
        await gate.promise;
        let size = 0;
        for await (const { part } of parts) size += part?.$case === 'chunk' ? part.value.length : 0;
        return { import: anImport({ rowsTotal: size }), replayed: false };
      },
    },
  };
}
