import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { invalid, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anExpense } from '../support/fake-expenses.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { CORS_ORIGINS: 'https://app.example.com' } });
});
afterAll(() => gateway.stop());

const good = { amount: '1.50', currency: 'EUR', title: 'Chair', expense_date: '2025-01-15' };

async function post(expenses: unknown, mode?: string, at = gateway) {
  const body = JSON.stringify({ ...(mode && { mode }), expenses });
  const headers = { 'content-type': 'application/json' };
  const answer = await at.fetch('/api/v1/expenses/bulk', { method: 'POST', headers, body });
  return { status: answer.status, body: await answer.json() };
}

describe('Many expenses at once', () => {
  it('are answered row by row', async () => {
    const { status, body } = await post([good, { ...good, title: 'Desk' }]);

    expect(status).toBe(200);
    expect(body).toMatchObject({ created: 2, refused: 0 });
    expect(body.data.map((row: { expense: { title: string } }) => row.expense.title)).toEqual(['Chair', 'Desk']);
  });

  it('are all refused for one that is wrong, with every field named', async () => {
    const { status, body } = await post([good, { ...good, amount: 1 }, { ...good, amount: '1.505', extra: 1 }]);

    expect(status).toBe(422);
    expect(body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`)).toEqual([
      'expenses[1].amount invalid_type',
      'expenses[2].extra unknown_field',
    ]);
  });

  it('are refused row by row where asked, whoever finds the fault', async () => {
    await using picky = await startGateway({
      handlers: {
        ledger: {
          recordExpenses: ({ inputs, perRow }: ledger.RecordExpensesRequest) => ({
            ...{ replayed: false, warnings: [] },
            rows: inputs.map(({ title }, index) =>
              title === 'Bad' || !perRow
                ? {
                    ...{ expense: undefined, code: 'validation_failed', message: `expenses[${index}]: no` },
                    errors: [{ field: `expenses[${index}].project_id`, code: 'not_found', message: 'no' }],
                  }
                : { expense: anExpense({ title }), code: '', message: '', errors: [] },
            ),
          }),
        },
      },
    });
    const rows = [{ ...good, amount: 'x' }, good, { ...good, title: 'Bad' }];

    const each = await post(rows, 'per_row', picky);
    const all = await post(rows.slice(1), 'all_or_nothing', picky);

    expect(each.status).toBe(200);
    expect(each.body).toMatchObject({ created: 1, refused: 2 });
    const told = each.body.data.map(({ index, status, errors }: Told) => [index, status, errors[0]?.field]);
    expect(told).toEqual([
      [0, 'refused', 'expenses[0].amount'],
      [1, 'created', undefined],
      [2, 'refused', 'expenses[2].project_id'],
    ]);
    expect(all.status).toBe(422);
    expect(all.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'expenses[0].project_id',
      'expenses[1].project_id',
    ]);
  });

  it('are refused row by row where one is no object at all', async () => {
    const { status, body } = await post([null, good, 'chair', [good], good], 'per_row');

    expect(status).toBe(200);
    expect(body).toMatchObject({ created: 2, refused: 3 });
    expect(body.data.map(({ index, status, errors }: Told) => [index, status, errors])).toEqual([
      [0, 'refused', [{ field: 'expenses[0]', code: 'invalid_type', message: 'must be an object' }]],
      [1, 'created', []],
      [2, 'refused', [{ field: 'expenses[2]', code: 'invalid_type', message: 'must be an object' }]],
      [3, 'refused', [{ field: 'expenses[3]', code: 'invalid_type', message: 'must be an object' }]],
      [4, 'created', []],
    ]);
  });

  it('are refused row by row where not one is worth sending on', async () => {
    await using picky = await startGateway({
      handlers: {
        ledger: {
          recordExpenses: ({ inputs }: ledger.RecordExpensesRequest) => {
            if (inputs.length === 0) throw rpcError(invalid('expenses', 'too_small', 'must be 1 to 500'));
            return { replayed: false, warnings: [], rows: [] };
          },
        },
      },
    });

    const { status, body } = await post([null, { ...good, amount: 'x' }], 'per_row', picky);

    expect(status).toBe(200);
    expect(body).toMatchObject({ created: 0, refused: 2 });
    expect(body.data.map(({ errors }: Told) => errors[0]?.field)).toEqual(['expenses[0]', 'expenses[1].amount']);
  });

  it('keep their key where not one is worth sending on', async () => {
    const body = JSON.stringify({ mode: 'per_row', expenses: [null] });
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'nothing-good' };

    const answer = await gateway.fetch('/api/v1/expenses/bulk', { method: 'POST', headers, body });

    expect(await answer.json()).toMatchObject({ created: 0, refused: 1 });
    const { request, metadata } = gateway.lastCall('ledger', 'recordExpenses');
    expect(request).toEqual({ inputs: [], perRow: true });
    expect(metadata).toMatchObject({ 'idempotency-key': 'nothing-good', 'x-request-digest': expect.any(String) });
  });

  it.each([undefined, 'all_or_nothing', 'nonsense'])('are all refused for what is no object under %s', async (mode) => {
    const { status, body } = await post([good, null, { ...good, extra: 1 }, 7], mode);

    expect(status).toBe(422);
    const told = body.errors.map(({ field, code }: { field: string; code: string }) => `${field} ${code}`);
    expect(told).toEqual(expect.arrayContaining(['expenses[1] invalid_type', 'expenses[3] invalid_type']));
    expect(told).not.toContain('body invalid_type');
  });

  it.each(['null', '7', '"text"', '[]'])('are refused where the body is %s', async (body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await gateway.fetch('/api/v1/expenses/bulk', { method: 'POST', headers, body });

    expect(answer.status).toBe(422);
    expect((await answer.json()).errors).toEqual([expect.objectContaining({ field: 'body' })]);
  });

  it('may be a megabyte, which nothing else may', async () => {
    const long = { ...good, description: 'x'.repeat(1_900) };
    const rows = Array.from({ length: 500 }, () => long);

    expect((await post(rows)).body).toMatchObject({ created: 500 });
    expect((await post([...rows, ...rows])).status).toBe(413);
    const body = JSON.stringify({ ...good, description: 'x'.repeat(110_000) });
    const headers = { 'content-type': 'application/json' };
    expect((await gateway.fetch('/api/v1/expenses', { method: 'POST', headers, body })).status).toBe(413);
  });

  it.each([[[]], [Array.from({ length: 501 }, () => ({}))], ['none'], [[1]]])(
    'are 1 to 500 objects',
    async (expenses) => {
      expect((await post(expenses)).status).toBe(422);
    },
  );
});

interface Told {
  index: number;
  status: string;
  errors: { field: string }[];
}

describe('The export', () => {
  it('is a file that browsers save', async () => {
    const answer = await gateway.fetch('/api/v1/expenses/export?bom=true&tag=a', {
      headers: { origin: 'https://app.example.com' },
    });

    expect(await answer.text()).toBe('id,title\r\n1,Chairs\r\n');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="expenses.csv"');
    expect(answer.headers.get('access-control-expose-headers')).toContain('Content-Disposition');
    expect(gateway.lastCall('ledger', 'exportExpenses').request).toMatchObject({
      ...{ filter: { tags: ['a'], status: 'posted' }, byteOrderMark: true },
    });
  });

  it('answers HEAD without the file', async () => {
    const answer = await gateway.fetch('/api/v1/expenses/export', { method: 'HEAD' });

    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('is a problem where it cannot begin, and cut where it cannot go on', async () => {
    await using broken = await startGateway({
      handlers: {
        ledger: {
          exportExpenses: async function* ({ byteOrderMark }: ledger.ExportExpensesRequest) {
            if (!byteOrderMark) throw rpcError(invalid('import_id', 'not_found', 'names nothing'));
            yield { chunk: Buffer.from('id\r\n') };
            throw rpcError(invalid('import_id', 'not_found', 'names nothing'));
          },
        },
      },
    });

    const refused = await broken.fetch(`/api/v1/expenses/export?import_id=${newId()}`);
    expect([refused.status, (await refused.json()).code]).toEqual([422, 'validation_failed']);
    const half = broken.fetch('/api/v1/expenses/export?bom=true').then((answer) => answer.text());
    await expect(half).rejects.toThrow();
    const line = await eventually(() => {
      const found = broken.logLines.filter(({ msg, status }) => msg === 'request' && status === 422);
      expect(found).toHaveLength(2);
      return found[1];
    });
    expect(line).toMatchObject({ route: '/api/v1/expenses/export', code: 'validation_failed' });
  });

  it('refuses what it does not know', async () => {
    for (const query of ['format=xlsx', 'limit=5', 'sort=amount', 'bom=yes', 'category_id=nothing']) {
      expect((await gateway.fetch(`/api/v1/expenses/export?${query}`)).status).toBe(422);
    }
  });
});

describe('Totals and history', () => {
  it('are decimal text', async () => {
    const totals = await (await gateway.fetch('/api/v1/expenses/totals?q=chair')).json();

    expect(totals).toEqual({
      ...{ count: 1, booked_amount: '125.50', booked_currency: 'EUR' },
      paid: [{ currency: 'JPY', count: 1, amount: '15000', booked_amount: '125.50' }],
    });
  });

  it('name the fields that changed, and what was booked', async () => {
    const before = anExpense({ title: 'Chair' });
    await using told = await startGateway({
      handlers: {
        ledger: {
          listExpenseHistory: () => ({
            page: { nextCursor: '', hasMore: false, limit: 50 },
            changes: [
              {
                ...{
                  id: newId(),
                  recordedAt: new Date(),
                  action: 'expense.edited',
                  actorKind: 'user',
                  actorId: newId(),
                },
                ...{ requestId: newId(), before, after: { ...before, title: 'Desk', version: 2n } },
                entries: [
                  {
                    ...{
                      id: newId(),
                      recordedAt: '',
                      effectiveDate: '2025-01-15',
                      kind: 'expense',
                      expenseId: before.id,
                    },
                    ...{ reversesEntryId: '', currency: 'EUR', amountMinor: 150n, rate: '1', rateSource: 'identity' },
                    rateDate: '2025-01-15',
                    postings: [{ line: 1, ledgerAccountId: newId(), currency: 'EUR', amountMinor: -150n }],
                  },
                ],
              },
            ],
          }),
        },
      },
    });

    const { data } = await (await told.fetch(`/api/v1/expenses/${before.id}/history`)).json();

    expect(data).toMatchObject([
      {
        changes: [{ field: 'title', before: 'Chair', after: 'Desk' }],
        entries: [{ kind: 'expense', amount: '1.50', postings: [{ amount: '-1.50' }] }],
      },
    ]);
  });
});
