import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { DomainError, newId, preconditionFailed } from '@outlay/platform';
import { anExpense } from '../support/fake-expenses.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const expense = { amount: '125.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const record = (headers: Record<string, string> = {}) =>
  gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense, headers });
const edit = (method: string, headers: Record<string, string>, json?: unknown) =>
  gateway.fetch(`/api/v1/expenses/${newId()}`, { method, json, headers });

describe('Idempotency-Key', () => {
  it('travels to the service', async () => {
    expect((await record({ 'idempotency-key': 'order-4711' })).status).toBe(201);
    expect(gateway.lastCall('ledger', 'recordExpense').metadata['idempotency-key']).toBe('order-4711');
  });

  it('is not invented where none was sent', async () => {
    const answer = await record();
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
    expect(gateway.lastCall('ledger', 'recordExpense').metadata).not.toHaveProperty('idempotency-key');
  });

  it.each(['', 'a'.repeat(256), 'with blank', 'caf\u00e9'])('is refused as %j', async (key) => {
    const answer = await record({ 'idempotency-key': key });
    expect(answer.status).toBe(422);
    expect((await answer.json()).errors).toEqual([
      { field: 'Idempotency-Key', code: 'invalid_format', message: expect.any(String) },
    ]);
  });

  it('may be 255 long', async () => {
    expect((await record({ 'idempotency-key': 'a'.repeat(255) })).status).toBe(201);
  });

  it('marks the first answer given again', async () => {
    await using again = await startGateway({
      handlers: { ledger: { recordExpense: () => ({ expense: anExpense(), replayed: true, warnings: [] }) } },
    });
    const answer = await again.fetch('/api/v1/expenses', { method: 'POST', json: expense });
    expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
  });

  it('with another body is 422', async () => {
    await using reused = await startGateway({
      handlers: {
        ledger: {
          recordExpense: () => {
            throw rpcError(new DomainError('invalid', 'idempotency_key_reused', 'The key belongs to another request'));
          },
        },
      },
    });
    const answer = await reused.fetch('/api/v1/expenses', { method: 'POST', json: expense });
    expect([answer.status, (await answer.json()).code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is taken by every write that has an effect to protect', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    await edit('PATCH', headers, { title: 'x' });
    await edit('PUT', headers, expense);
    await edit('DELETE', headers);
    await gateway.fetch('/api/v1/categories', { method: 'POST', json: { name: 'Food' }, headers });
    for (const rpc of ['editExpense', 'reverseExpense', 'createCategory']) {
      expect(gateway.lastCall('ledger', rpc).metadata['idempotency-key']).toBe('k-1');
    }
  });
});

describe('Versions', () => {
  it('come as ETag and in the body', async () => {
    const answer = await gateway.fetch(`/api/v1/expenses/${newId()}`);
    expect([answer.headers.get('etag'), (await answer.json()).version]).toEqual(['"7"', 7]);
  });

  it('go back as If-Match', async () => {
    for (const [method, json, rpc] of [
      ['PATCH', { title: 'x' }, 'editExpense'],
      ['PUT', expense, 'editExpense'],
      ['DELETE', undefined, 'reverseExpense'],
    ] as const) {
      expect((await edit(method, { 'if-match': '"7"' }, json)).status).toBe(200);
      expect(gateway.lastCall('ledger', rpc).request).toMatchObject({ version: 7n });
    }
    await gateway.fetch('/api/v1/tenant', { method: 'PATCH', json: { name: 'New' }, headers: { 'if-match': '"3"' } });
    expect(gateway.lastCall('tenancy', 'updateTenant').request).toMatchObject({ version: 3n, name: 'New' });
  });

  it('are not held against anything where If-Match is absent or *', async () => {
    for (const headers of [{}, { 'if-match': '*' }] as Record<string, string>[]) {
      await edit('PATCH', headers, { title: 'x' });
      expect((gateway.lastCall('ledger', 'editExpense').request as ledger.EditExpenseRequest).version).toBeUndefined();
    }
  });

  it.each(['W/"7"', '7', '"abc"', '""', '"0"', '"07"'])('that were never handed out (%s) are 412', async (tag) => {
    const before = gateway.fakes.ledger.calls.length;
    const answer = await edit('PATCH', { 'if-match': tag }, { title: 'x' });
    expect([answer.status, (await answer.json()).code]).toEqual([412, 'version_mismatch']);
    expect(gateway.fakes.ledger.calls).toHaveLength(before);
  });

  it('cannot be several', async () => {
    expect((await edit('PATCH', { 'if-match': '"1", "2"' }, { title: 'x' })).status).toBe(422);
  });

  it('that are stale are 412', async () => {
    await using stale = await startGateway({
      handlers: {
        ledger: {
          editExpense: () => {
            throw rpcError(preconditionFailed('version_mismatch', 'It is at version 8'));
          },
        },
      },
    });
    const answer = await stale.fetch(`/api/v1/expenses/${newId()}`, {
      method: 'PATCH',
      json: { title: 'x' },
      headers: { 'if-match': '"7"' },
    });
    expect([answer.status, (await answer.json()).code]).toEqual([412, 'version_mismatch']);
  });

  it('spare a client what it has: If-None-Match is 304', async () => {
    const path = `/api/v1/expenses/${newId()}`;
    const known = await gateway.fetch(path, { headers: { 'if-none-match': 'W/"6", "7"' } });
    expect([known.status, await known.text(), known.headers.get('etag')]).toEqual([304, '', '"7"']);
    expect((await gateway.fetch(path, { headers: { 'if-none-match': 'W/"7"' } })).status).toBe(304);
    expect((await gateway.fetch(path, { headers: { 'if-none-match': '"6"' } })).status).toBe(200);
  });
});

describe('Recording', () => {
  it('answers 201 with the place of the expense', async () => {
    const answer = await record();
    const { id } = await answer.json();
    expect([answer.status, answer.headers.get('location'), answer.headers.get('etag')]).toEqual([
      201,
      `/api/v1/expenses/${id}`,
      '"1"',
    ]);
  });

  it('takes all fields of an expense, and null for none', async () => {
    const ids = { category_id: newId(), account_id: newId(), project_id: null };
    const answer = await gateway.fetch('/api/v1/expenses', {
      method: 'POST',
      json: {
        ...expense,
        ...ids,
        description: 'With a client',
        payment_method: 'credit_card',
        tags: ['office', 'supplies'],
        vendor: null,
        exchange_rate: '1.0842',
      },
    });
    expect(answer.status).toBe(201);
    expect(gateway.lastCall('ledger', 'recordExpense').request).toEqual({
      input: {
        amount: { currency: 'EUR', amountMinor: 12550n },
        title: 'Lunch',
        description: 'With a client',
        categoryId: ids.category_id,
        accountId: ids.account_id,
        projectId: '',
        expenseDate: '2025-01-15',
        paymentMethod: 'credit_card',
        tags: ['office', 'supplies'],
        vendor: '',
        exchangeRate: '1.0842',
      },
    });
  });
});

describe('PATCH changes what it names, PUT replaces all', () => {
  const request = () => gateway.lastCall('ledger', 'editExpense').request as ledger.EditExpenseRequest;

  it('masks the fields of a patch', async () => {
    await edit('PATCH', {}, { title: 'Dinner', project_id: null });
    expect(request().updateMask).toEqual(['title', 'project_id']);
    expect(request().input).toMatchObject({ title: 'Dinner', projectId: '' });
  });

  it('reads the currency of an amount that comes without one', async () => {
    await edit('PATCH', {}, { amount: '99.90' });
    expect(request().updateMask).toEqual(['amount']);
    expect(request().input?.amount).toEqual({ currency: 'EUR', amountMinor: 9990n });
  });

  it('keeps the sum where only the currency changes', async () => {
    await edit('PATCH', {}, { currency: 'USD', exchange_rate: '0.9' });
    expect(request().updateMask).toEqual(['amount', 'exchange_rate']);
    expect(request().input?.amount).toEqual({ currency: 'USD', amountMinor: 12550n });
  });

  it.each([
    ['amount', (index: number) => ({ amount: `${index + 1}.00` })],
    ['currency', (index: number) => ({ currency: index % 2 === 0 ? 'USD' : 'EUR' })],
  ])('gives nobody 412 for the %s alone, however many change it at once', async (_field, patchOf) => {
    let paid = { currency: 'EUR', amountMinor: 12550n };
    let version = 1n;
    await using shared = await startGateway({
      handlers: {
        ledger: {
          getExpense: () => ({ expense: anExpense({ amount: paid, version }) }),
          editExpense: (asked: ledger.EditExpenseRequest) => {
            const isOvertaken =
              (asked.version ?? version) !== version ||
              (asked.seenCurrency ?? paid.currency) !== paid.currency ||
              (asked.seenAmountMinor ?? paid.amountMinor) !== paid.amountMinor;
            if (isOvertaken) throw rpcError(preconditionFailed('version_mismatch', 'It has changed'));
            paid = asked.input!.amount!;
            version += 1n;
            return { expense: anExpense({ amount: paid, version }), replayed: false, warnings: [] };
          },
        },
      },
    });

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_one, index) =>
        shared.fetch(`/api/v1/expenses/${newId()}`, { method: 'PATCH', json: patchOf(index) }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(version).toBe(41n);
  });

  it('refuses a patch of nothing', async () => {
    expect((await edit('PATCH', {}, {})).status).toBe(422);
  });

  it('masks every field of a replacement', async () => {
    await edit('PUT', {}, expense);
    expect(request().updateMask).toHaveLength(11);
    expect(request().input).toMatchObject({ title: 'Lunch', description: '', tags: [] });
  });

  it('refuses a replacement that leaves out what is needed', async () => {
    expect((await edit('PUT', {}, { title: 'Lunch' })).status).toBe(422);
  });
});

describe('DELETE reverses', () => {
  it('answers the expense as it is then', async () => {
    const answer = await edit('DELETE', {});
    expect([answer.status, (await answer.json()).status]).toEqual([200, 'reversed']);
  });
});
