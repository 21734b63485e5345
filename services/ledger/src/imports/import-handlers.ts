import type { ledger } from '@outlay/contracts';
import { type Database, invalid, type ServiceHandlers, type TenantContext, unavailable } from '@outlay/platform';
import { z } from 'zod';
import { toImportMessage } from './import-state.ts';
import { getImport, listImportRows, listImports } from './read-imports.ts';
import { receiveUpload } from './receive-upload.ts';
import { startImport } from './start-import.ts';
import { createSlots } from './upload-slots.ts';

/** What the handlers need. */
export interface ImportHandlersOptions {
  database: Database;
  /** Whether background jobs can be added yet. */
  isReady: () => boolean;
  /** Sees to it that the ledger knows the tenant's currency; throws unavailable where it cannot be learnt. */
  ensureTenant: (context: TenantContext) => Promise<unknown>;
}

type Rpc = 'startImport' | 'getImport' | 'listImports' | 'listImportRows';

/** Files held in memory at once; 20 MB each at most. */
const uploadsMax = 4;

/** The RPCs of imports, to be bound with those of the rest of the ledger. */
export function createImportHandlers(
  options: ImportHandlersOptions,
): Pick<ServiceHandlers<typeof ledger.LedgerServiceService>, Rpc> {
  const slots = createSlots(uploadsMax);
  return {
    startImport: {
      access: 'tenant',
      roles: ['owner', 'admin', 'member'],
      handle: (context, parts) =>
        slots.run(async () => {
          const file = await receiveUpload(parts);
          if (!options.isReady()) throw unavailable('imports_not_ready', 'Imports cannot be taken in yet');
          await options.ensureTenant(context);
          return startImport(options, context, file);
        }),
    },
    getImport: {
      access: 'tenant',
      handle: async (context, request) => {
        const state = await getImport(options, context, parseId(request.importId));
        return { import: toImportMessage(state) };
      },
    },
    listImports: {
      access: 'tenant',
      handle: async (context, request) => {
        const { imports, page } = await listImports(options, context, request.page);
        return { imports: imports.map(toImportMessage), page };
      },
    },
    listImportRows: {
      access: 'tenant',
      handle: (context, request) =>
        listImportRows(options, context, parseId(request.importId), parseFate(request.fate), request.page),
    },
  };
}

/** An id of another form names nothing that exists. */
function parseId(text: string): string {
  const id = z.uuid().safeParse(text);
  if (!id.success) throw invalid('import_id', 'id_invalid', 'is not an id');
  return id.data;
}

function parseFate(text: string): string | undefined {
  if (text === '') return undefined;
  const fate = z.enum(['imported', 'duplicate', 'refused']).safeParse(text);
  if (!fate.success) throw invalid('fate', 'fate_invalid', 'must be imported, duplicate or refused');
  return fate.data;
}
