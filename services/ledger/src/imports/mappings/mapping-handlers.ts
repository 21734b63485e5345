import type { access, ledger } from '@outlay/contracts';
import { type Database, parseInput, type ServiceHandlers } from '@outlay/platform';
import { z } from 'zod';
import { id, name, optional, storedName } from '../../grpc/fields.ts';
import { parsePage, toPageInfo } from '../../grpc/parse-page.ts';
import { createMapping, deleteMapping, toMappingMessage, updateMapping } from './keep-mappings.ts';
import { parseMapping } from './mapping-rules.ts';
import { findMapping, listMappings } from './mapping-store.ts';

type Rpc =
  | 'createImportMapping'
  | 'getImportMapping'
  | 'listImportMappings'
  | 'updateImportMapping'
  | 'deleteImportMapping';

/** The RPCs of saved mappings. */
export function createMappingHandlers(options: {
  database: Database;
}): Pick<ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>, Rpc> {
  const { database } = options;
  return {
    createImportMapping: async (context, request) => {
      const given = parseInput(z.object({ name: name() }), request);
      const mapping = request.rules === undefined ? {} : parseMapping(request.rules, 'mapping');
      return createMapping(options, context, { ...given, mapping });
    },
    getImportMapping: async (context, request) => {
      const mappingId = parseMappingId(request);
      const saved = await database.withTenant(context, (session) => findMapping(session, context, mappingId), {
        readOnly: true,
      });
      return { mapping: toMappingMessage(saved) };
    },
    listImportMappings: async (context, request) => {
      const page = parsePage(request.page, namePosition);
      const { mappings, hasMore } = await database.withTenant(
        context,
        (session) => listMappings(session, context, page),
        { readOnly: true },
      );
      const last = mappings.at(-1);
      return {
        mappings: mappings.map(toMappingMessage),
        page: toPageInfo(page.limit, hasMore, last && { name: last.name, id: last.id }),
      };
    },
    updateImportMapping: async (context, request) => {
      const mappingId = parseMappingId(request);
      const given = parseInput(z.object({ name: optional(name()) }), request);
      const mapping = request.rules && parseMapping(request.rules, 'mapping');
      return updateMapping(options, context, { mappingId, name: given.name, mapping, version: request.version });
    },
    deleteImportMapping: async (context, request) =>
      deleteMapping(options, context, { mappingId: parseMappingId(request), version: request.version }),
  };
}

const namePosition = z.strictObject({ name: storedName, id });

const parseMappingId = (request: { mappingId: string }): string =>
  parseInput(z.object({ mapping_id: id }), { mapping_id: request.mappingId }).mapping_id;
