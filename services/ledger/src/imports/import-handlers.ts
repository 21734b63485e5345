import type { access, ledger } from '@outlay/contracts';
import { type Database, parseInput, type ServiceHandlers, type TenantContext, unavailable } from '@outlay/platform';
import { z } from 'zod';
import { id, optional } from '../grpc/fields.ts';
import { parsePage, toPageInfo } from '../grpc/parse-page.ts';
import { commitImport } from './commit-import.ts';
import { discardImport } from './discard-import.ts';
import { toImportMessage } from './import-message.ts';
import { getImport, listImportRows, listImports } from './read-imports.ts';
import { receiveUpload } from './receive-upload.ts';
import { startImport } from './start-import.ts';
import { undoImport } from './undo-import.ts';
import { createUploadBudget } from './upload-budget.ts';

/** What the handlers need. */
export interface ImportHandlersOptions {
  database: Database;
  /** Whether background jobs can be added yet. */
  isReady: () => boolean;
  /** Sees to it that the ledger knows the tenant's currency; throws unavailable where it cannot be learnt. */
  ensureTenant: (context: TenantContext) => Promise<unknown>;
}

type Rpc =
  | 'startImport'
  | 'getImport'
  | 'listImports'
  | 'listImportRows'
  | 'commitImport'
  | 'discardImport'
  | 'undoImport';

/** What files that are coming in take of the memory: all of them, and those of one tenant. */
const uploadLimits = { bytesMax: 100 * 1_024 * 1_024, bytesMaxOfTenant: 40 * 1_024 * 1_024 };

/** The RPCs of imports, to be bound with those of the rest of the ledger. */
export function createImportHandlers(
  options: ImportHandlersOptions,
): Pick<ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>, Rpc> {
  const budget = createUploadBudget(uploadLimits);
  return {
    startImport: async (context, parts) => {
      const share = budget.open(context.tenantId);
      try {
        const file = await receiveUpload(parts, share);
        if (!options.isReady()) throw notReady();
        await options.ensureTenant(context);
        return await startImport(options, context, file);
      } finally {
        share.release();
      }
    },
    commitImport: async (context, request) => {
      const importId = parseImportId(request);
      if (!options.isReady()) throw notReady();
      return commitImport(options, context, importId);
    },
    discardImport: async (context, request) => {
      const importId = parseImportId(request);
      if (!options.isReady()) throw notReady();
      return discardImport(options, context, importId);
    },
    undoImport: async (context, request) => {
      const importId = parseImportId(request);
      if (!options.isReady()) throw notReady();
      return undoImport(options, context, importId);
    },
    getImport: async (context, request) => {
      const state = await getImport(options, context, parseImportId(request));
      return { import: toImportMessage(state) };
    },
    listImports: async (context, request) => {
      const page = parsePage(request.page, z.strictObject({ id }));
      const { imports, hasMore } = await listImports(options, context, page);
      const last = imports.at(-1);
      return {
        imports: imports.map(toImportMessage),
        page: toPageInfo(page.limit, hasMore, last && { id: last.id }),
      };
    },
    listImportRows: async (context, request) => {
      const importId = parseImportId(request);
      const { fate } = parseInput(z.object({ fate: optional(z.enum(fates, `must be ${fates.join(', ')}`)) }), request);
      const page = parsePage(request.page, linePosition);
      const { rows, hasMore } = await listImportRows(options, context, importId, { ...page, fate });
      const last = rows.at(-1);
      return { rows, page: toPageInfo(page.limit, hasMore, last && { line: last.line }) };
    },
  };
}

/** The column of lines is an int4. */
const linePosition = z.strictObject({ line: z.int().min(0).max(2_147_483_647) });

const fates = ['new', 'imported', 'duplicate', 'skipped', 'refused'] as const;

const notReady = () => unavailable('imports_not_ready', 'Imports cannot be taken in yet');

/** An id of another form names nothing that exists, which the caller hears as a wrong field. */
const parseImportId = (request: { importId: string }): string =>
  parseInput(z.object({ import_id: id }), { import_id: request.importId }).import_id;
