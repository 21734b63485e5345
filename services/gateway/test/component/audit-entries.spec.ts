import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ledger, ledgerAuditEntities } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const id = newId();
const createdAt = '2025-01-10T09:00:00.000Z';
const common = { id, version: '2', createdAt };
const rendered = { id, version: 2, created_at: createdAt };
const unsaid = { description: null, archived_at: null };

/** As the ledger keeps it, in the JSON of the contracts, and as clients know it. */
const states: [string, unknown, unknown][] = [
  [
    'category',
    { ...common, name: 'Software', parentId: id, path: ['Tools', 'Software'], depth: 2 },
    { ...rendered, ...unsaid, name: 'Software', parent_id: id, path: ['Tools', 'Software'], depth: 2 },
  ],
  [
    'account',
    {
      ...{ ...common, name: 'Till', kind: 'cash', currency: 'JPY' },
      openingBalance: { amount: { currency: 'JPY', amountMinor: '-420' }, date: '2025-01-01' },
    },
    {
      ...{ ...rendered, ...unsaid, name: 'Till', kind: 'cash', currency: 'JPY' },
      opening_balance: { amount: '-420', date: '2025-01-01' },
    },
  ],
  ['project', { ...common, name: 'Website' }, { ...rendered, ...unsaid, name: 'Website', code: null }],
  [
    'import_mapping',
    {
      ...{ ...common, updatedAt: createdAt, name: 'Cards' },
      rules: { columns: { dateOfUse: 'expense_date', Note: '' }, dateFormat: 'DD/MM/YY' },
    },
    {
      ...{ ...rendered, updated_at: createdAt, name: 'Cards' },
      mapping: { columns: { dateOfUse: 'expense_date', Note: null }, date_format: 'DD/MM/YY' },
    },
  ],
  [
    'exchange_rate',
    {
      ...{ id, baseCurrency: 'USD', quoteCurrency: 'EUR', rate: '0.9', date: '2025-01-10', source: 'tenant' },
      ...{ version: '2', recordedAt: createdAt, actorKind: 'user', actorId: id },
    },
    {
      ...{ id, base_currency: 'USD', quote_currency: 'EUR', rate: '0.9', date: '2025-01-10', source: 'tenant' },
      ...{ provider: null, version: 2, recorded_at: createdAt, recorded_by: id },
    },
  ],
  [
    'import',
    { file_name: 'a.csv', mapping: { columns: { dateOfUse: 'expense_date', Note: null }, date_format: 'DD/MM/YY' } },
    { file_name: 'a.csv', mapping: { columns: { dateOfUse: 'expense_date', Note: null }, date_format: 'DD/MM/YY' } },
  ],
  [
    'restatement',
    { cause: 'exchange_rate', causeId: id, dateFrom: '2025-01-01', expensesChecked: 3 },
    { cause: 'exchange_rate', cause_id: id, date_from: '2025-01-01', expenses_checked: 3 },
  ],
  ['rate_check', { expenseId: id, reason: 'amount_out_of_range' }, { expense_id: id, reason: 'amount_out_of_range' }],
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    handlers: {
      ledger: {
        listAuditEntries: ({ entity }: ledger.ListAuditEntriesRequest): ledger.ListAuditEntriesResponse => ({
          page: { nextCursor: '', hasMore: false, limit: 50 },
          entries: states
            .filter(([kind]) => kind === entity)
            .map(([, kept]) => ({
              ...{ id, recordedAt: new Date(createdAt), actorKind: 'user', actorId: id, requestId: 'the-request' },
              ...{ action: `${entity}.edited`, entity, entityId: id, beforeJson: '', afterJson: JSON.stringify(kept) },
            })),
        }),
      },
    },
  });
});
afterAll(() => gateway.stop());

describe('The audit trail', () => {
  it.each(states)('tells of what became of %s in the form that it has elsewhere', async (entity, _kept, told) => {
    const { data } = await (await gateway.fetch(`/api/v1/audit-entries?entity=${entity}`)).json();

    expect(data).toEqual([expect.objectContaining({ before: null, after: told })]);
  });

  it.each(ledgerAuditEntities)('can be narrowed to %s', async (entity) => {
    expect((await gateway.fetch(`/api/v1/audit-entries?entity=${entity}`)).status).toBe(200);
  });

  it('cannot be narrowed to what there is none of', async () => {
    expect((await gateway.fetch('/api/v1/audit-entries?entity=expenses')).status).toBe(422);
  });

  it.each(['/audit-entries', '/security-events'])('refuses a time of %s that ends before it begins', async (path) => {
    const asked = (from: string, to: string) => gateway.fetch(`/api/v1${path}?from=${from}&to=${to}`);

    const refused = await asked('2025-02-01T00:00:00.5Z', '2025-02-01T00:00:00Z');

    expect([refused.status, (await refused.json()).errors]).toEqual([
      422,
      [{ field: 'to', code: 'before_from', message: 'must not be before from' }],
    ]);
    expect((await asked('2025-02-01T00:00:00Z', '2025-02-01T00:00:00.5Z')).status).toBe(200);
    expect((await asked('2025-02-01T00:00:00Z', '2025-02-01T00:00:00.0Z')).status).toBe(200);
  });
});
