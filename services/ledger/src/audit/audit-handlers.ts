import type { access, ledger } from '@outlay/contracts';
import { type Database, isUuid, parseInput, parsePage, type ServiceHandlers, toPageInfo } from '@outlay/platform';
import { z } from 'zod';
import { id, optional, text } from '../grpc/fields.ts';
import { type AuditRecord, listAuditEntries } from './list-audit-entries.ts';

/** The RPC by which the audit trail is read. */
export function createAuditHandlers(work: {
  database: Database;
}): Pick<ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>, 'listAuditEntries'> {
  return {
    listAuditEntries: async (context, request) => {
      const filter = parseInput(filters, {
        ...{ entity: request.entity, entity_id: request.entityId, actor_id: request.actorId },
      });
      const page = parsePage(request.page, position);
      const { entries, hasMore } = await listAuditEntries(work, context, {
        ...{ entity: filter.entity, entityId: filter.entity_id, actorId: filter.actor_id },
        ...{ from: request.from, to: request.to, after: page.after, limit: page.limit },
      });
      const last = entries.at(-1);
      return { entries: entries.map(toMessage), page: toPageInfo(page.limit, hasMore, last && { id: last.id }) };
    },
  };
}

/** What is not a UUID, as the names of services are not, is kept as it is written. */
const anyId = text(255).transform((given) => (isUuid(given) ? given.toLowerCase() : given));

const filters = z.object({ entity: optional(text(64)), entity_id: optional(anyId), actor_id: optional(anyId) });

const position = z.strictObject({ id });

const toMessage = ({ before, after, ...entry }: AuditRecord): ledger.AuditEntry => ({
  ...entry,
  beforeJson: before ?? '',
  afterJson: after ?? '',
});
