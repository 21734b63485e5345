import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cursorMaxLength, invalid, newId } from '@outlay/platform';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const expense = { amount: '125.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

async function faultsOf(json: unknown, path = '/api/v1/expenses', method = 'POST') {
  const answer = await gateway.fetch(path, { method, json });
  const problem = await answer.json();
  return { status: answer.status, code: problem.code, faults: faultMap(problem.errors) };
}

async function queryFaults(query: string) {
  const answer = await gateway.fetch(`/api/v1/expenses?${query}`);
  const problem = await answer.json();
  return { status: answer.status, faults: faultMap(problem.errors) };
}

async function messagesOf(body: unknown) {
  const answer = await gateway.fetch('/api/v1/expenses', { method: 'POST', json: body });
  const { errors } = (await answer.json()) as { errors: { field: string; message: string }[] };
  return Object.fromEntries(errors.map(({ field, message }) => [field, message]));
}

function faultMap(errors: { field: string; code: string }[] = []) {
  return Object.fromEntries(errors.map(({ field, code }) => [field, code]));
}

describe('Fields that are not valid are 422, one entry each', () => {
  it('refuses days that no calendar has', async () => {
    expect(await queryFaults('date_from=0000-01-01&date_to=2025-02-30')).toEqual({
      status: 422,
      faults: { date_from: 'invalid_format', date_to: 'invalid_format' },
    });
  });

  it.each([
    '/expenses',
    '/expenses/totals',
    '/expenses/export',
    '/exchange-rates',
    `/ledger/accounts/${newId()}/entries`,
  ])('refuses a period of %s that ends before it begins, and takes one of a day', async (path) => {
    const asked = (from: string, to: string) => gateway.fetch(`/api/v1${path}?date_from=${from}&date_to=${to}`);
    const refused = await asked('2025-02-01', '2025-01-01');
    expect([refused.status, faultMap((await refused.json()).errors)]).toEqual([422, { date_to: 'before_date_from' }]);
    expect((await asked('2025-02-01', '2025-02-01')).status).toBe(200);
  });

  it.each(['/expenses', '/expenses/totals', '/expenses/export'])(
    'refuses amounts of %s that end before they begin, and takes a single one',
    async (path) => {
      const asked = (min: string, max: string) => gateway.fetch(`/api/v1${path}?amount_min=${min}&amount_max=${max}`);
      const refused = await asked('5', '-10.50');
      expect([refused.status, faultMap((await refused.json()).errors)]).toEqual([
        422,
        { amount_max: 'below_amount_min' },
      ]);
      expect((await asked('5.00', '5')).status).toBe(200);
    },
  );

  it.each([
    ['limit=201', 'limit', 'must be at most 200'],
    ['limit=0', 'limit', 'must be at least 1'],
    ['limit=ten', 'limit', 'must be an integer'],
    ['category_id=x', 'category_id[0]', 'must be a UUID, or none'],
  ])('says of %s which rule it breaks', async (query, field, message) => {
    const { errors } = await (await gateway.fetch(`/api/v1/expenses?${query}`)).json();
    expect(errors).toEqual([expect.objectContaining({ field, message })]);
  });

  it.each([
    ['10000000000000000', 'must have at most 16 digits before the point and 4 after it'],
    ['-1.00001', 'must have at most 16 digits before the point and 4 after it'],
    ['1e3', 'must be a decimal number such as "125.50"'],
    ['', 'must be a decimal number such as "125.50"'],
  ])('says of the amount %j which rule it breaks', async (amount, message) => {
    expect(await messagesOf({ ...expense, amount })).toEqual({ amount: message });
  });

  it.each([
    ['1234567890123', 'must have at most 12 digits before the point and 12 after it'],
    ['-1', 'must be greater than zero'],
    ['a lot', 'must be a decimal number such as "1.0842"'],
  ])('says of the rate %j which rule it breaks', async (rate, message) => {
    expect(await messagesOf({ ...expense, exchange_rate: rate })).toEqual({ exchange_rate: message });
  });

  it('refuses a search of blanks, which would find everything', async () => {
    expect(await queryFaults('q=%20')).toEqual({ status: 422, faults: { q: 'blank' } });
  });

  it('names every wrong field at once, with a code and words', async () => {
    const answer = await gateway.fetch('/api/v1/expenses', {
      method: 'POST',
      json: { amount: 'a lot', currency: 'euro', title: '', tags: ['ok', 7], expense_date: '2025-02-30' },
    });
    const problem = await answer.json();
    expect(answer.status).toBe(422);
    expect(problem).toMatchObject({
      code: 'validation_failed',
      status: 422,
      type: 'urn:outlay:problem:validation_failed',
    });
    expect(faultMap(problem.errors)).toEqual({
      amount: 'invalid_format',
      currency: 'invalid_format',
      title: 'too_small',
      'tags[1]': 'invalid_type',
      expense_date: 'invalid_format',
    });
    for (const { message } of problem.errors) expect(message).toMatch(/^(must|may|is|has) /);
  });

  it('tells missing fields', async () => {
    expect(await faultsOf({})).toEqual({
      status: 422,
      code: 'validation_failed',
      faults: { amount: 'required', currency: 'required', title: 'required', expense_date: 'required' },
    });
  });

  it('refuses unknown fields by name', async () => {
    const { status, faults } = await faultsOf({ ...expense, tenant_id: newId(), status: 'posted' });
    expect([status, faults]).toEqual([422, { tenant_id: 'unknown_field', status: 'unknown_field' }]);
  });

  it.each([[[]], ['text'], [7], [null], [true]])('refuses %j in place of an object', async (body) => {
    expect((await faultsOf(body)).status).toBe(422);
  });

  it('never repeats a value that was sent', async () => {
    const answer = await gateway.fetch('/api/v1/auth/login', {
      method: 'POST',
      json: { email: 'secret-value', password: { secret: 'secret-value' } },
    });
    expect(answer.status).toBe(422);
    expect(await answer.text()).not.toContain('secret-value');
  });

  it('passes on what a service finds wrong', async () => {
    await using strict = await startGateway({
      handlers: {
        ledger: {
          recordExpense: () => {
            throw rpcError(invalid('exchange_rate', 'required', 'is needed: the tenant keeps its books in EUR'));
          },
        },
      },
    });
    const answer = await strict.fetch('/api/v1/expenses', { method: 'POST', json: { ...expense, currency: 'USD' } });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      code: 'validation_failed',
      errors: [{ field: 'exchange_rate', code: 'required' }],
    });
  });
});

describe('Money is a decimal string', () => {
  it('refuses a JSON number and says why', async () => {
    const answer = await gateway.fetch('/api/v1/expenses', { method: 'POST', json: { ...expense, amount: 125.5 } });
    const { errors } = await answer.json();
    expect(answer.status).toBe(422);
    expect(errors).toEqual([
      { field: 'amount', code: 'invalid_type', message: expect.stringContaining('string such as "125.50"') },
    ]);
  });

  it.each(['1,50', ' 1', '1 ', '+1', '.5', '5.', '1e3', '0x10', '٣', '', '-', '1.23456', '12345678901234567'])(
    'refuses %j',
    async (amount) => {
      expect(await faultsOf({ ...expense, amount })).toMatchObject({
        status: 422,
        faults: { amount: 'invalid_format' },
      });
    },
  );

  it.each([
    ['1.005', 'EUR'],
    ['1.5', 'JPY'],
    ['1.0005', 'KWD'],
  ])('refuses %s %s for its decimals', async (amount, currency) => {
    expect(await faultsOf({ ...expense, amount, currency })).toMatchObject({
      status: 422,
      faults: { amount: 'amount_too_precise' },
    });
  });

  it.each([
    ['125.50', 'EUR', 12550n],
    ['-3.5', 'EUR', -350n],
    ['1000', 'JPY', 1000n],
    ['1.234', 'KWD', 1234n],
    ['10000000000000.00', 'EUR', 1_000_000_000_000_000n],
    ['-1000000000000000', 'JPY', -1_000_000_000_000_000n],
  ])('hands %s %s to the ledger as %s minor units', async (amount, currency, amountMinor) => {
    const answer = await gateway.fetch('/api/v1/expenses', { method: 'POST', json: { ...expense, amount, currency } });
    expect(answer.status).toBe(201);
    expect(gateway.lastCall('ledger', 'recordExpense').request).toMatchObject({
      input: { amount: { currency, amountMinor } },
    });
    expect(Number((await answer.json()).amount)).toBe(Number(amount));
  });

  it.each([
    ['10000000000000.01', 'EUR'],
    ['-1000000000000001', 'JPY'],
    ['9999999999999999.9999', 'CLF'],
  ])('refuses %s %s as too large, which it also is to look for', async (amount, currency) => {
    const refused = { status: 422, faults: { amount: 'too_big' } };
    expect(await faultsOf({ ...expense, amount, currency })).toMatchObject(refused);
    expect((await queryFaults('amount_min=9999999999999999.99')).faults).toEqual({ amount_min: 'too_big' });
  });

  it.each(['eur', 'EURO', 'XXQ', '€'])('refuses the currency %s', async (currency) => {
    expect((await faultsOf({ ...expense, currency })).faults).toHaveProperty('currency');
  });

  it.each([[1.1], ['0'], ['0.000'], ['-1'], ['1e2'], ['1.1234567890123']])(
    'refuses the exchange rate %j',
    async (rate) => {
      expect((await faultsOf({ ...expense, exchange_rate: rate })).faults).toHaveProperty('exchange_rate');
    },
  );
});

describe('Dates are of the calendar', () => {
  it.each(['2025-02-29', '2025-13-01', '15.01.2025', '2025-1-5', '2025-01-15T00:00:00Z', ''])(
    'refuses %j',
    async (date) => {
      expect(await faultsOf({ ...expense, expense_date: date })).toMatchObject({
        status: 422,
        faults: { expense_date: 'invalid_format' },
      });
    },
  );

  it('takes the 29th of February of a leap year', async () => {
    expect((await faultsOf({ ...expense, expense_date: '2024-02-29' })).status).toBe(201);
  });
});

describe('Queries are validated like bodies', () => {
  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=-1', 'limit'],
    ['cursor=%20', 'cursor'],
    ['sort=vendor', 'sort'],
    ['status=deleted', 'status'],
    ['category_id=1', 'category_id[0]'],
    ['date_from=yesterday', 'date_from'],
    ['amount_min=much', 'amount_min'],
    ['colour=red', 'colour'],
    ['__proto__=1', '__proto__'],
    ['tag[]=x', 'tag[]'],
  ])('refuses %s', async (query, field) => {
    const { status, faults } = await queryFaults(query);
    expect([status, Object.keys(faults)]).toEqual([422, [field]]);
  });

  it('takes a cursor as long as a list may give one, and no longer', async () => {
    expect((await gateway.fetch(`/api/v1/expenses?cursor=${'x'.repeat(cursorMaxLength)}`)).status).toBe(200);
    expect((await queryFaults(`cursor=${'x'.repeat(cursorMaxLength + 1)}`)).faults).toHaveProperty('cursor');
  });

  it('refuses a parameter that is given twice', async () => {
    expect(await queryFaults('limit=1&limit=2')).toEqual({ status: 422, faults: { limit: 'given_twice' } });
  });

  it('refuses broken percent-encoding in the query and in the path with 400', async () => {
    expect((await gateway.fetch('/api/v1/expenses?q=%E0%A4%A')).status).toBe(400);
    expect((await gateway.fetch('/api/v1/expenses/%E0%A4%A')).status).toBe(400);
  });

  it('refuses a month that is none', async () => {
    for (const month of ['2017-13', '2017-00', '2017', '17-01', '2017-1', 'January', '']) {
      const answer = await gateway.fetch(`/api/v1/stats/summary?month=${month}`);
      expect([month, answer.status]).toEqual([month, 422]);
    }
    expect((await gateway.fetch('/api/v1/stats/summary')).status).toBe(422);
  });
});

describe('An id that is none names nothing: 404', () => {
  it.each(['7', 'null', 'g'.repeat(36), '%00', 'a'.repeat(2_000)])('answers 404 to %s', async (id) => {
    const answer = await gateway.fetch(`/api/v1/expenses/${id}`);
    expect([answer.status, (await answer.json()).code]).toEqual([404, 'expense_not_found']);
  });
});
