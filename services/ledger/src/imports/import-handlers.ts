import type { ledger } from '@outlay/contracts';
import { type Database, parseInput, type ServiceHandlers, type TenantContext, unavailable } from '@outlay/platform';
import { z } from 'zod';
import { id, optional } from '../grpc/fields.ts';
import { parsePage, toPageInfo } from '../grpc/parse-page.ts';
import { toImportMessage } from './import-state.ts';
import { getImport, listImportRows, listImports } from './read-imports.ts';
import { receiveUpload } from './receive-upload.ts';
import { startImport } from './start-import.ts';
import { createUploadBudget } from './upload-budget.ts';

/** What the handlers need. */
export interface ImportHandlersOptions {
  database: Database;
  /** Whether background jobs can be added yet. */
  isReady: () => boolean;
  /** Sees to it that the ledger knows the tenant's currency; throws unavailable where it cannot be learnt. */
  ensureTenant: (context: TenantContext) => Promise<unknown>;
}

type Rpc = 'startImport' | 'getImport' | 'listImports' | 'listImportRows';

/** What files that are coming in take of the memory, together. */
const uploadBytesMax = 100 * 1_024 * 1_024;

/** The RPCs of imports, to be bound with those of the rest of the ledger. */
export function createImportHandlers(
  options: ImportHandlersOptions,
): Pick<ServiceHandlers<typeof ledger.LedgerServiceService>, Rpc> {
  const budget = createUploadBudget(uploadBytesMax);
  return {
    startImport: {
      access: 'tenant',
      roles: ['owner', 'admin', 'member'],
      handle: async (context, parts) => {
        const share = budget.open();
        try {
          const file = await receiveUpload(parts, share);
          if (!options.isReady()) throw unavailable('imports_not_ready', 'Imports cannot be taken in yet');
          await options.ensureTenant(context);
          return await startImport(options, context, file);
        } finally {
          share.release();
        }
      },
    },
    getImport: {
      access: 'tenant',
      handle: async (context, request) => {
        const state = await getImport(options, context, parseImportId(request));
        return { import: toImportMessage(state) };
      },
    },
    listImports: {
      access: 'tenant',
      handle: async (context, request) => {
        const page = parsePage(request.page, z.strictObject({ id }));
        const { imports, hasMore } = await listImports(options, context, page);
        const last = imports.at(-1);
        return {
          imports: imports.map(toImportMessage),
          page: toPageInfo(page.limit, hasMore, last && { id: last.id }),
        };
      },
    },
    listImportRows: {
      access: 'tenant',
      handle: async (context, request) => {
        const importId = parseImportId(request);
        const { fate } = parseInput(
          z.object({ fate: optional(z.enum(fates, `must be ${fates.join(', ')}`)) }),
          request,
        );
        const page = parsePage(request.page, linePosition);
        const { rows, hasMore } = await listImportRows(options, context, importId, { ...page, fate });
        const last = rows.at(-1);
        return { rows, page: toPageInfo(page.limit, hasMore, last && { line: last.line }) };
      },
    },
  };
}

/** The column of lines is an int4. */
const linePosition = z.strictObject({ line: z.int().min(0).max(2_147_483_647) });

const fates = ['imported', 'duplicate', 'refused'] as const;

/** An id of another form names nothing that exists, which the caller hears as a wrong field. */
const parseImportId = (request: { importId: string }): string =>
  parseInput(z.object({ import_id: id }), { import_id: request.importId }).import_id;
