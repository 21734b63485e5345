import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rawRequest } from '../support/raw-request.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const json = { 'content-type': 'application/json' };
const expense = { amount: '125.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

function post(body: string | Buffer, headers: Record<string, string> = json) {
  return rawRequest(gateway, { method: 'POST', path: '/api/v1/expenses', headers, body });
}

describe('A body that cannot be read is 400', () => {
  it.each([
    ['half an object', '{"amount": "1.00"'],
    ['no JSON at all', 'amount=1'],
    ['a single quote', "{'amount': '1'}"],
    ['a byte order mark inside', '{"title": "x"}\u0000'],
    ['a bare NaN', '{"amount": NaN}'],
  ])('refuses %s', async (_name, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json().code).toBe('json_invalid');
  });

  it('refuses bytes that are not UTF-8', async () => {
    const answer = await post(Buffer.from('{"title": "caf\xe9"}', 'latin1'));
    expect([answer.status, answer.json().code]).toEqual([400, 'json_invalid']);
  });

  it('refuses no body where one is needed', async () => {
    const answer = await post('');
    expect([answer.status, answer.json().code]).toEqual([400, 'json_invalid']);
  });

  it('takes UTF-8 beyond the basic plane, escaped or not', async () => {
    const answer = await post(
      `{"amount":"1.00","currency":"EUR","title":"Café 😀 \\ud83d\\ude00","expense_date":"2025-01-15"}`,
    );
    expect(answer.status).toBe(201);
    expect(answer.json().title).toBe('Café 😀 😀');
  });
});

describe('Input that no client needs is refused at the edge', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each([
    ['a NUL character in a value', `{"title": "a\\u0000b"}`],
    ['a NUL character in a key', `{"a\\u0000b": 1}`],
    ['half a surrogate pair', `{"title": "\\ud800"}`],
    ['half a surrogate pair in a key', `{"\\udfff": 1}`],
    ['the key __proto__', `{"__proto__": {"platformAdmin": true}}`],
    ['the key __proto__ written with escapes', `{"\\u005f_proto__": 1}`],
    ['a number beyond all numbers', `{"amount": 1e400}`],
    ['a key twice', `{"title": "a", "amount": "1.00", "title": "b"}`],
    ['a key twice, once with an escape', `{"title": "a", "t\\u0069tle": "a"}`],
    ['a key twice within', `{"x": [{"a": {"b": 1, "b": 1}}]}`],
    ['a key twice, the first an object', `{"x": {"y": 1}, "x": 1}`],
    ['__proto__ twice', `{"__proto__": 1, "__proto__": 1}`],
    ['33 levels of nesting', `{"tags": ${nested(33)}}`],
    ['50,000 levels of nesting', nested(50_000)],
  ])('refuses %s', async (_name, body) => {
    const answer = await post(body);
    expect([answer.status, answer.json().code]).toEqual([400, 'input_unsafe']);
  });

  it('refuses a NUL character and half a surrogate pair in the query', async () => {
    const nul = await rawRequest(gateway, { path: '/api/v1/expenses?q=a%00b' });
    expect([nul.status, nul.json().code]).toEqual([400, 'input_unsafe']);
    const surrogate = await rawRequest(gateway, { path: '/api/v1/expenses?q=%ED%A0%80' });
    expect([surrogate.status, surrogate.json().code]).toEqual([400, 'request_malformed']);
  });

  it.each([
    ['colons and quotes in texts', { title: ':":{"title": "x"}\\\\":', description: '\\\\' }],
    ['texts that end in backslashes', { title: 'a\\\\', description: '\\\\\\"' }],
  ])('does not take %s for a key twice', async (_name, change) => {
    const answer = await post(JSON.stringify({ ...expense, ...change }));
    expect(answer.status).toBe(201);
  });

  it('does not let keys of objects reach prototypes', async () => {
    const answer = await post(JSON.stringify({ ...expense, constructor: { prototype: {} }, toString: 'x' }));
    expect(answer.status).toBe(422);
    expect(
      answer
        .json()
        .errors?.map(({ field }) => field)
        .sort(),
    ).toEqual(['constructor', 'toString']);
  });
});

describe('A body may have 100 kB', () => {
  it('refuses more by its length, before it is sent', async () => {
    const answer = await post(JSON.stringify({ ...expense, description: 'x'.repeat(110_000) }));
    expect([answer.status, answer.json().code]).toEqual([413, 'body_too_large']);
  });

  it('refuses more when it comes in chunks of unknown length', async () => {
    const answer = await post(JSON.stringify({ title: 'x'.repeat(200_000) }), {
      ...json,
      'transfer-encoding': 'chunked',
    });
    expect([answer.status, answer.json().code]).toEqual([413, 'body_too_large']);
  });

  it('answers a short problem to a very long key', async () => {
    const answer = await post(JSON.stringify({ ...expense, ['k'.repeat(90_000)]: 1 }));
    expect(answer.status).toBe(422);
    expect(answer.text.length).toBeLessThan(1_000);
  });

  it('lists at most 50 of very many faults', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_value, index) => [`field_${index}`, 1]));
    const answer = await post(JSON.stringify({ ...expense, ...many }));
    expect([answer.status, answer.json().errors?.length]).toEqual([422, 50]);
  });

  it('goes on serving the connection and others afterwards', async () => {
    const answer = await post(JSON.stringify(expense));
    expect(answer.status).toBe(201);
  });
});

describe('A body of another media type is 415', () => {
  it.each([
    ['none at all', {}],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['another charset', { 'content-type': 'application/json; charset=iso-8859-1' }],
    ['a compressed body', { ...json, 'content-encoding': 'gzip' }],
  ])('refuses %s', async (_name, headers) => {
    const answer = await post(JSON.stringify(expense), headers as Record<string, string>);
    expect([answer.status, answer.json().code]).toEqual([415, 'media_type_unsupported']);
  });

  it.each([['application/json; charset=utf-8'], ['application/json;charset="UTF-8"'], ['application/vnd.api+json']])(
    'takes %s',
    async (type) => {
      const answer = await post(JSON.stringify(expense), { 'content-type': type });
      expect(answer.status).toBe(201);
    },
  );
});

describe('A body for a write that takes none', () => {
  const id = '01980000-0000-7000-8000-000000000001';
  const chunked = { 'transfer-encoding': 'chunked' };
  const writes = [
    ['DELETE', `/api/v1/expenses/${id}`, 'reverseExpense'],
    ['POST', `/api/v1/imports/${id}/undo`, 'undoImport'],
    ['DELETE', `/api/v1/imports/${id}`, 'discardImport'],
  ] as const;

  describe.each(writes)('%s %s', (method, path, rpc) => {
    const send = (body: string | undefined, headers: Record<string, string> = json) => {
      const isLengthTold = body !== undefined && !('transfer-encoding' in headers);
      const length: Record<string, string> = isLengthTold ? { 'content-length': `${Buffer.byteLength(body)}` } : {};
      return rawRequest(gateway, { method, path, headers: { ...headers, ...length }, body });
    };

    it.each([
      ['that has members', '{"amount": "1.00", "title": "x"}', json, 422, 'validation_failed'],
      ['that is no object', '[]', json, 422, 'validation_failed'],
      ['that is no JSON', '{"amount"', json, 400, 'json_invalid'],
      ['that no client needs', '{"__proto__": {}}', json, 400, 'input_unsafe'],
      ['of another media type', 'amount=1', { 'content-type': 'text/plain' }, 415, 'media_type_unsupported'],
      ['of no media type', '{}', {}, 415, 'media_type_unsupported'],
      ['that is compressed', '{}', { ...json, 'content-encoding': 'gzip' }, 415, 'media_type_unsupported'],
      ['that is too large', JSON.stringify('x'.repeat(110_000)), json, 413, 'body_too_large'],
    ])('refuses one %s, and does nothing', async (_what, body, headers, status, code) => {
      const before = gateway.lastCall('ledger', rpc);

      const answer = await send(body, headers as Record<string, string>);

      expect([answer.status, answer.json().code]).toEqual([status, code]);
      expect(gateway.lastCall('ledger', rpc)).toBe(before);
    });

    it('names what it does not take', async () => {
      const answer = await send('{"amount": "1.00", "title": "x"}');

      expect(answer.json().errors).toEqual([
        { field: 'amount', code: 'unknown_field', message: 'is not a field of this request' },
        { field: 'title', code: 'unknown_field', message: 'is not a field of this request' },
      ]);
    });

    it.each([
      ['none', undefined, {}],
      ['an empty object', '{}', json],
      ['an empty one', '', json],
      ['an empty one of unknown length', '', { ...json, ...chunked }],
      ['an empty one of another type', '', { 'content-type': 'text/plain', ...chunked }],
      ['an empty one of no type', '', chunked],
    ])('takes %s', async (_what, body, headers) => {
      const answer = await send(body, headers as Record<string, string>);

      expect(answer.status).toBeLessThan(300);
    });
  });

  it('is not looked at where something is read', async () => {
    const answer = await rawRequest(gateway, { path: '/api/v1/expenses', headers: json, body: '{"amount": 1' });

    expect(answer.status).toBe(200);
  });
});

describe('A body that does not come to an end', () => {
  it('is given up after the deadline with 408', async () => {
    await using hasty = await startGateway({ env: { REQUEST_DEADLINE_MS: '200' } });
    const answer = await rawRequest(hasty, {
      method: 'POST',
      path: '/api/v1/expenses',
      headers: { ...json, 'content-length': '500', connection: 'close' },
      body: '{"title": ',
    }).catch((error: Error) => error);
    if (!(answer instanceof Error)) expect([answer.status, answer.json().code]).toEqual([408, 'request_timeout']);
  });
});
