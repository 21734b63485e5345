import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import {
  conflict,
  type Database,
  idempotent,
  newId,
  preconditionFailed,
  type Session,
  type TenantContext,
} from '@outlay/platform';
import { recordAudit } from '../../store/record-audits.ts';
import { unlessNameTaken } from '../../store/reference-rows.ts';
import type { ImportMapping } from '../file/mapping.ts';
import { toRules } from './mapping-rules.ts';
import {
  findMapping,
  insertMapping,
  deleteMapping as removeRow,
  type SavedMapping,
  updateMapping as updateRow,
} from './mapping-store.ts';

interface Work {
  database: Database;
}

/** The message of the contracts. */
export const toMappingMessage = ({ mapping, ...saved }: SavedMapping): ledger.ImportMapping => ({
  ...saved,
  rules: toRules(mapping),
});

/**
 * Writes down how files are to be read. Emits outlay.ledger.import_mapping.saved.v1. Once per idempotency key.
 * Throws conflict `name_taken`, invalid `idempotency_key_reused`.
 */
export async function createMapping(
  { database }: Work,
  context: TenantContext,
  command: { name: string; mapping: ImportMapping },
): Promise<ledger.CreateImportMappingResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_import_mapping', request: command }, async () => {
      const saved = await insertMapping(session, context, { ...command, id: newId() });
      if (!saved) throw nameTaken();
      return tell(session, context, 'created', undefined, saved);
    }),
  );
  return { mapping: ledger.ImportMapping.fromJSON(answer), replayed };
}

/**
 * Changes the name or what it says as a whole; imports that are under way go on as they began. Emits
 * outlay.ledger.import_mapping.saved.v1. Throws not_found `import_mapping_not_found`, conflict `name_taken`,
 * precondition_failed `version_mismatch`.
 */
export async function updateMapping(
  { database }: Work,
  context: TenantContext,
  command: {
    mappingId: string;
    name: string | undefined;
    mapping: ImportMapping | undefined;
    version: bigint | undefined;
  },
): Promise<ledger.UpdateImportMappingResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'update_import_mapping', request: command }, async () => {
      const before = await findMapping(session, context, command.mappingId, { isLocked: true });
      assertVersion(before, command.version);
      const wanted = {
        id: before.id,
        name: command.name ?? before.name,
        mapping: command.mapping ?? before.mapping,
      };
      // Two that want one name at once do not see each other.
      const saved = await unlessNameTaken(() => updateRow(session, context, wanted));
      if (!saved) throw nameTaken();
      return tell(session, context, 'edited', before, saved);
    }),
  );
  return { mapping: ledger.ImportMapping.fromJSON(answer), replayed };
}

/**
 * Forgets a mapping; imports keep what it said. Emits outlay.ledger.import_mapping.deleted.v1. Throws not_found
 * `import_mapping_not_found`, precondition_failed `version_mismatch`.
 */
export async function deleteMapping(
  { database }: Work,
  context: TenantContext,
  command: { mappingId: string; version: bigint | undefined },
): Promise<ledger.DeleteImportMappingResponse> {
  const { replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'delete_import_mapping', request: command }, async () => {
      const before = await findMapping(session, context, command.mappingId, { isLocked: true });
      assertVersion(before, command.version);
      await removeRow(session, context, before.id);
      await recordAudit(session, context, {
        action: 'import_mapping.deleted',
        entity: 'import_mapping',
        entityId: before.id,
        before: ledger.ImportMapping.toJSON(toMappingMessage(before)),
      });
      await enqueueEvents(session, context, [
        {
          type: 'outlay.ledger.import_mapping.deleted.v1',
          tenantId: context.tenantId,
          subject: before.id,
          aggregateVersion: before.version + 1n,
          data: { mappingId: before.id },
        },
      ]);
      return {};
    }),
  );
  return { replayed };
}

async function tell(
  session: Session,
  context: TenantContext,
  what: 'created' | 'edited',
  before: SavedMapping | undefined,
  after: SavedMapping,
): Promise<unknown> {
  const mapping = toMappingMessage(after);
  const answer = ledger.ImportMapping.toJSON(mapping);
  await recordAudit(session, context, {
    action: `import_mapping.${what}`,
    entity: 'import_mapping',
    entityId: after.id,
    before: before && ledger.ImportMapping.toJSON(toMappingMessage(before)),
    after: answer,
  });
  await enqueueEvents(session, context, [
    {
      type: 'outlay.ledger.import_mapping.saved.v1',
      tenantId: context.tenantId,
      subject: after.id,
      aggregateVersion: after.version,
      data: { mapping },
    },
  ]);
  return answer;
}

function assertVersion({ version }: SavedMapping, seen: bigint | undefined): void {
  if (seen !== undefined && seen !== version) {
    throw preconditionFailed('version_mismatch', 'The mapping has changed since it was read');
  }
}

const nameTaken = () => conflict('name_taken', 'There is a mapping of this name');
