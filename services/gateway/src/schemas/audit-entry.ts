import { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { renderAccount } from './account.ts';
import { categoryExample, renderCategory } from './category.ts';
import { instant, pageOf, renderInstant, uuid } from './common.ts';
import { renderExchangeRate } from './exchange-rate.ts';
import { renderExpense } from './expense.ts';
import { renderImportMapping } from './import-mapping.ts';
import { renderProject } from './project.ts';

const state = z.record(z.string(), z.unknown()).nullable();

const auditEntrySchema = z
  .strictObject({
    id: uuid,
    recorded_at: instant,
    actor_kind: z.enum(['user', 'api_key', 'service', 'anonymous']),
    actor_id: z.string(),
    request_id: z.string().meta({ description: '`X-Request-Id` of the request that did it.' }),
    action: z.string().meta({ description: 'More may come.', examples: ['expense.recorded'] }),
    entity: z.string().meta({ description: 'What kind of thing was changed.', examples: ['expense'] }),
    entity_id: z.string(),
    before: state.meta({
      description: 'The thing as it was, in the form that it has elsewhere; null: it was not there.',
    }),
    after: state.meta({ description: 'The thing as it was from then on; null: there is nothing to say.' }),
  })
  .meta({ id: 'AuditEntry' });

export const auditEntryPage = pageOf('AuditEntryPage', auditEntrySchema);

export const auditEntryExample: z.input<typeof auditEntrySchema> = {
  id: '0197a3c0-9999-7000-8000-000000000001',
  recorded_at: '2025-01-15T10:30:00.000Z',
  actor_kind: 'user',
  actor_id: '0197a3c0-6666-7000-8000-000000000001',
  request_id: '0197a3c0-7777-7000-8000-000000000001',
  action: 'category.created',
  entity: 'category',
  entity_id: '0197a3c0-1111-7000-8000-000000000001',
  before: null,
  after: { ...categoryExample },
};

export const renderAuditEntry = (entry: ledger.AuditEntry): z.input<typeof auditEntrySchema> => ({
  id: entry.id,
  recorded_at: renderInstant(entry.recordedAt),
  actor_kind: entry.actorKind as z.output<typeof auditEntrySchema>['actor_kind'],
  actor_id: entry.actorId,
  request_id: entry.requestId,
  action: entry.action,
  entity: entry.entity,
  entity_id: entry.entityId,
  before: toState(entry.entity, entry.beforeJson),
  after: toState(entry.entity, entry.afterJson),
});

/** In the form that the thing has elsewhere; of what has none, in the words of this API. */
function toState(entity: string, json: string): z.input<typeof state> {
  if (json === '') return null;
  const kept: unknown = JSON.parse(json);
  const render = renderers.get(entity);
  if (render) return render(kept);
  // Below the first level stand the headers of a file, which are whatever they are.
  const inOurWords = ([name, value]: [string, unknown]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ];
  return Object.fromEntries(Object.entries(kept ?? {}).map(inOurWords));
}

/** Of what is kept as the message that the ledger answers it with. */
const renderers = new Map<string, (kept: unknown) => Record<string, unknown>>([
  ['expense', (kept) => renderExpense(ledger.Expense.fromJSON(kept))],
  ['category', (kept) => renderCategory(ledger.Category.fromJSON(kept))],
  ['account', (kept) => renderAccount(ledger.Account.fromJSON(kept))],
  ['project', (kept) => renderProject(ledger.Project.fromJSON(kept))],
  ['import_mapping', (kept) => renderImportMapping(ledger.ImportMapping.fromJSON(kept))],
  ['exchange_rate', (kept) => renderExchangeRate(ledger.ExchangeRate.fromJSON(kept))],
]);
