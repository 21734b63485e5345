import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { anonymousContext, type CallerContext, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import iconv from 'iconv-lite';
import { cursorOf } from './driver/cursors.ts';
import { everything, startLedger, type TestLedger, withKey } from './driver/start-ledger.ts';
import { fixture, uploadOf } from './import-driver.ts';

let books: TestLedger;
beforeAll(async () => {
  books = await startLedger();
});
afterAll(() => books.stop());

async function start(context: CallerContext, file: Buffer | string, name = 'purchases.csv') {
  return books.client.startImport(context, uploadOf(Buffer.from(file), name), { deadlineMs: 30_000 });
}

async function take(context: CallerContext, file: Buffer | string): Promise<ledger.Import> {
  const started = await start(context, file);
  return eventually(
    async () => {
      const answer = await books.client.getImport(context, { importId: started.import!.id });
      expect(answer.import!.status).toBe('completed');
      return answer.import!;
    },
    { timeoutMs: 30_000 },
  );
}

const rowsOf = async (context: CallerContext, importId: string, fate = '') =>
  (await books.client.listImportRows(context, { importId, fate, page: undefined })).rows;

const threeBad = `Date;Merchant;Amount;Currency;Category;Project;Card
01/02/2024;office depot;12.50;EUR;Stationery;Library;**1
32/02/2024;office depot;12.50;EUR;Stationery;Library;**1
03/02/2024;"the
bakery";1.20;EUR;Food;Library;**2
04/02/2024;office depot;a lot;EUR;Stationery;Library;**1
05/02/2024;office depot;-12.50;EUR;Stationery;Library;**1
06/02/2024;office depot;12.50;XQX;Stationery;Library;**1
`;

describe('a file with bad rows', () => {
  it('is imported without them, and each is reported with line, column and reason', async () => {
    const tenant = await books.tenant();

    const done = await take(tenant.owner, threeBad);

    expect(done).toMatchObject({
      ...{ fileName: 'purchases.csv', rowsTotal: 6, rowsDone: 6, imported: 3, duplicates: 0, refused: 3 },
      format: {
        ...{ encoding: 'utf-8', delimiter: ';', dateFormat: 'DD/MM/YYYY', headerLine: 1 },
        columns: { Date: 'expense_date', Merchant: 'vendor', Amount: 'amount', Card: 'account' },
      },
    });
    expect(await rowsOf(tenant.owner, done.id, 'refused')).toEqual([
      expect.objectContaining({ line: 3, column: 'Date', code: 'date_invalid', fate: 'refused', expenseId: '' }),
      expect.objectContaining({ line: 6, column: 'Amount', code: 'amount_invalid' }),
      expect.objectContaining({ line: 8, column: 'Currency', code: 'currency_unknown' }),
    ]);
    const [bad] = await rowsOf(tenant.owner, done.id, 'refused');
    expect(bad!.reason).toBe('"32/02/2024" is not a date in the form DD/MM/YYYY');
    expect((await rowsOf(tenant.owner, done.id)).map(({ line, fate }) => `${line} ${fate}`)).toEqual([
      ...['2 imported', '3 refused', '4 imported', '6 refused', '7 imported', '8 refused'],
    ]);
  });

  it('makes expenses with all that they refer to, and says so in events', async () => {
    const tenant = await books.tenant();
    const done = await take(tenant.admin, threeBad);

    const [first] = await rowsOf(tenant.admin, done.id, 'imported');
    const { expense } = await books.client.getExpense(tenant.admin, { expenseId: first!.expenseId });

    expect(expense).toMatchObject({
      ...{ title: 'office depot', vendor: 'office depot', expenseDate: '2024-02-01', importId: done.id },
      amount: { currency: 'EUR', amountMinor: 1_250n },
      category: { name: 'Stationery' },
      project: { name: 'Library' },
      account: { name: '**1' },
      userId: tenant.ids.adminId,
    });
    const { accounts } = await books.client.listAccounts(tenant.owner, { page: undefined });
    expect(accounts.map(({ name, kind, currency }) => [name, kind, currency])).toEqual([
      ['**1', 'card', 'EUR'],
      ['**2', 'card', 'EUR'],
    ]);
    const events = await books.events(tenant.tenantId);
    const types = events.map(({ type }) => type.split('.').slice(2, 4).join(' '));
    expect(types.filter((type) => type === 'expense recorded')).toHaveLength(3);
    expect(types.lastIndexOf('expense recorded')).toBeLessThan(types.indexOf('import completed'));
  });

  it('names in its events what the client called the undertaking', async () => {
    const tenant = await books.tenant();

    await take({ ...tenant.owner, correlationId: 'spring-cleaning' }, threeBad);

    const events = await books.events(tenant.tenantId);
    const told = events.filter(({ type }) => /expense\.recorded|import\.completed/.test(type));
    expect(told).toHaveLength(4);
    for (const { correlationid } of told) expect(correlationid).toBe('spring-cleaning');
  });
});

describe('the file of a member', () => {
  const file = [
    'Date,Merchant,Amount,Category,Project,Card',
    ...['2025-01-02,tea,4.20,Food,Library,**1', '2025-01-03,pens,9.00,Stationery,,', '2025-01-04,ink,7.00,,Bridge,'],
    ...['2025-01-05,stamps,3.00,,,**9', '2025-01-06,soap,2.00,,,', ''],
  ].join('\n');
  const known = 'Date,Merchant,Amount,Category,Project,Card\n2024-01-02,first,1.00,Food,Library,**1\n';

  it('makes nothing that members may not make: rows that name it are refused', async () => {
    const tenant = await books.tenant();
    await take(tenant.owner, known);
    const made = () =>
      books.query(
        `select name from ledger.categories where tenant_id = $1 union all select name from ledger.projects
         where tenant_id = $1 union all select name from ledger.accounts where tenant_id = $1`,
        [tenant.tenantId],
      );

    const done = await take(tenant.member, file);

    expect(done).toMatchObject({ imported: 2, refused: 3 });
    const refused = await rowsOf(tenant.member, done.id, 'refused');
    expect(refused.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'Category', 'reference_unknown'],
      [4, 'Project', 'reference_unknown'],
      [5, 'Card', 'reference_unknown'],
    ]);
    expect(await made()).toHaveLength(3);
    const [first] = await rowsOf(tenant.member, done.id, 'imported');
    const { expense } = await books.client.getExpense(tenant.member, { expenseId: first!.expenseId });
    expect(expense).toMatchObject({
      category: { name: 'Food' },
      project: { name: 'Library' },
      account: { name: '**1' },
    });

    // The same rows can come again once somebody has made what they name, and for those who may.
    expect(await take(tenant.owner, file)).toMatchObject({ imported: 3, duplicates: 2, refused: 0 });
    expect(await take(tenant.member, file)).toMatchObject({ imported: 0, duplicates: 5, refused: 0 });
    expect(await made()).toHaveLength(6);
  });

  it('is seen so in its preview', async () => {
    const tenant = await books.tenant();
    await take(tenant.owner, known);

    const started = await books.client.startImport(tenant.member, uploadOf(Buffer.from(file), { dryRun: true }), {});
    const seen = await eventually(async () => {
      const answer = await books.client.getImport(tenant.member, { importId: started.import!.id });
      expect(answer.import!.status).toBe('previewed');
      return answer.import!;
    });

    expect(seen).toMatchObject({ fresh: 2, refused: 3 });
    expect(seen.preview).toMatchObject({
      newAccounts: { count: 0 },
      newCategories: { count: 0 },
      newProjects: { count: 0 },
    });
    expect(await rowsOf(tenant.member, seen.id, 'refused')).toHaveLength(3);
  });
});

describe('a file that an API key sent', () => {
  it('is booked for the key', async () => {
    const { tenantId } = await books.tenant();
    const keyId = newId();
    const token = books.tokenFor({
      kind: 'api_key',
      userId: keyId,
      sessionId: keyId,
      tenantId,
      role: 'admin',
      scopes: ['expenses:write', 'expenses:read'],
    });

    await take({ ...anonymousContext(), token }, 'Date,Description,Amount\n2025-01-02,Tea,4.20\n');

    const actors = await books.query(
      'select distinct actor_kind, actor_id from ledger.audit_entries where tenant_id = $1',
      [tenantId],
    );
    expect(actors).toEqual([{ actor_kind: 'api_key', actor_id: keyId }]);
    const expenses = await books.query('select user_id from ledger.expenses where tenant_id = $1', [tenantId]);
    expect(expenses).toEqual([{ user_id: keyId }]);
  });
});

describe('the file of an API key', () => {
  const file = [
    'Date,Merchant,Amount,Category,Project,Card',
    ...['2025-01-02,tea,4.20,Food,Library,**1', '2025-01-03,pens,9.00,Stationery,,', '2025-01-06,soap,2.00,,,', ''],
  ].join('\n');
  const keyOf = ({ tenantId }: { tenantId: string }, ...scopes: string[]): CallerContext => {
    const keyId = newId();
    const given = { kind: 'api_key', userId: keyId, sessionId: keyId, tenantId, role: 'admin' } as const;
    return { ...anonymousContext(), token: books.tokenFor({ ...given, scopes: ['expenses:read', ...scopes] }) };
  };
  const namesOf = (tenantId: string) =>
    books.query(
      `select name from ledger.categories where tenant_id = $1 union all select name from ledger.projects
       where tenant_id = $1 union all select name from ledger.accounts where tenant_id = $1`,
      [tenantId],
    );

  it('makes nothing that the key may not make: rows that name it are refused', async () => {
    const tenant = await books.tenant();
    await take(tenant.owner, file.split('\n').slice(0, 2).join('\n'));
    const key = keyOf(tenant, 'expenses:write');

    const done = await take(key, file);

    expect(done).toMatchObject({ imported: 1, duplicates: 1, refused: 1 });
    expect(await rowsOf(key, done.id, 'refused')).toMatchObject([
      { line: 3, column: 'Category', code: 'reference_unknown', reason: expect.stringContaining('"Stationery"') },
    ]);
    expect(await namesOf(tenant.tenantId)).toHaveLength(3);
  });

  it('makes what it names where the key may', async () => {
    const tenant = await books.tenant();

    const done = await take(keyOf(tenant, 'expenses:write', 'references:write'), file);

    expect(done).toMatchObject({ imported: 3, refused: 0 });
    expect(await namesOf(tenant.tenantId)).toHaveLength(4);
  });

  it('that somebody mightier looked at makes no more for being committed by the key', async () => {
    const tenant = await books.tenant();
    const ended = (importId: string, status: string) =>
      eventually(async () => {
        const answer = await books.client.getImport(tenant.owner, { importId });
        expect(answer.import!.status).toBe(status);
        return answer.import!;
      });
    const started = await books.client.startImport(tenant.owner, uploadOf(Buffer.from(file), { dryRun: true }), {});
    const seen = await ended(started.import!.id, 'previewed');

    await books.client.commitImport(keyOf(tenant, 'expenses:write'), { importId: seen.id });

    expect(seen).toMatchObject({ fresh: 3 });
    expect(await ended(seen.id, 'completed')).toMatchObject({ imported: 1, refused: 2 });
    expect(await namesOf(tenant.tenantId)).toEqual([]);
  });
});

describe('a file that comes again', () => {
  const file = ['Date;Merchant;Amount;Card', '01/02/2024;Café Größe;1,012.50;**1', '01/02/2024;Café Größe;1,012.50;**1']
    .concat(['02/02/2024;shop;-3.00;**1', ''])
    .join('\n');

  it('adds nothing, while two equal purchases in one file both count', async () => {
    const tenant = await books.tenant();
    expect(await take(tenant.owner, file)).toMatchObject({ imported: 3, duplicates: 0 });

    const again = await take(tenant.admin, file);

    expect(again).toMatchObject({ imported: 0, duplicates: 3, refused: 0 });
    const [first, second] = await rowsOf(tenant.admin, again.id, 'duplicate');
    expect(first!.expenseId).not.toBe(second!.expenseId);
    await expect(books.client.getExpense(tenant.owner, { expenseId: first!.expenseId })).resolves.toBeDefined();
  });

  it.each([
    ['in another encoding', iconv.encode(file, 'utf-16le', { addBOM: true })],
    ['with another delimiter', file.replaceAll(',', '').replaceAll(';', ',')],
    ['with its columns in another order', file.replaceAll(/^(.*);(.*);(.*);(.*)$/gm, '$4;$3;$2;$1')],
    [
      'with its rows in another order',
      [...file.split('\n').slice(0, 1), ...file.split('\n').slice(1, 4).toReversed()].join('\n'),
    ],
  ])('adds nothing %s', async (_how, changed) => {
    const tenant = await books.tenant();
    await take(tenant.owner, file);

    expect(await take(tenant.owner, changed)).toMatchObject({ imported: 0, duplicates: 3, refused: 0 });
  });

  it('adds what is new in it, one more of what was there included', async () => {
    const tenant = await books.tenant();
    await take(tenant.owner, file);

    const longer = `${file}01/02/2024;Café Größe;1,012.50;**1\n03/02/2024;other;1.00;**1\n`;

    expect(await take(tenant.owner, longer)).toMatchObject({ imported: 2, duplicates: 3 });
  });

  it('tells whoever may see it which expense a row repeats, and nobody else', async () => {
    const tenant = await books.tenant();
    const first = await take(tenant.owner, file);
    const again = await take(tenant.member, file);
    await take(tenant.member, 'Date;Amount\n03/02/2024;1.00\n');
    const own = await take(tenant.member, 'Date;Amount\n03/02/2024;1.00\n');

    const shown = async (context: CallerContext, { id }: ledger.Import, fate = 'duplicate') =>
      (await rowsOf(context, id, fate)).map(({ expenseId }) => expenseId);
    const originals = await shown(tenant.owner, first, 'imported');

    expect(await shown(tenant.member, again)).toEqual(['', '', '']);
    expect(await shown(tenant.member, again, '')).toEqual(['', '', '']);
    expect((await shown(tenant.owner, again)).toSorted()).toEqual(originals.toSorted());
    for (const expenseId of await shown(tenant.member, own)) {
      await expect(books.client.getExpense(tenant.member, { expenseId })).resolves.toBeDefined();
    }
    expect(await shown(tenant.member, own)).toHaveLength(1);
  });

  it('adds all of it for another tenant', async () => {
    const [tenant, other] = [await books.tenant(), await books.tenant()];
    await take(tenant.owner, file);

    expect(await take(other.owner, file)).toMatchObject({ imported: 3, duplicates: 0 });
  });

  it('under the same idempotency key is one import', async () => {
    const tenant = await books.tenant();
    const context = withKey(tenant.owner, newId());

    const answers = await Promise.all([start(context, file), start(context, file), start(context, file)]);

    expect(new Set(answers.map((answer) => answer.import!.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    await expect(start(context, `${file}04/02/2024;x;1.00;**1\n`)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'idempotency_key_reused',
    });
  });
});

describe('what is no table of purchases', () => {
  it.each([
    ['nothing', '', 'file_empty'],
    ['JSON', '{"date": "2024-01-01", "amount": 1}', 'file_not_csv'],
    ['an HTML page', '<html><body>Date, Amount</body></html>', 'file_not_csv'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d', 'hex'), 'file_not_csv'],
    ['a table without a date', 'Merchant;Amount\nshop;1.00\n', 'date_column_missing'],
    ['a table without an amount', 'Merchant;Date\nshop;2024-01-01\n', 'amount_column_missing'],
    ['more than 20 MB', Buffer.alloc(21 * 1_024 * 1_024, 'Date;Amount\n'), 'file_too_large'],
  ])('is refused before anything is stored: %s', async (_what, file, code) => {
    const tenant = await books.tenant();

    await expect(start(tenant.owner, file)).rejects.toMatchObject({
      kind: 'invalid',
      details: [expect.objectContaining({ field: 'file', code })],
    });

    expect((await books.client.listImports(tenant.owner, { page: undefined })).imports).toEqual([]);
  });

  it('is not said of a header without rows', async () => {
    const tenant = await books.tenant();
    expect(await take(tenant.owner, 'Date;Merchant;Amount\n')).toMatchObject({ rowsTotal: 0, imported: 0 });
  });
});

describe('an import', () => {
  it('is started by those who may write, and seen by its owner and those who see everything', async () => {
    const [tenant, other] = [await books.tenant(), await books.tenant()];
    await expect(start(tenant.analyst, threeBad)).rejects.toMatchObject({ kind: 'forbidden' });
    const done = await take(tenant.member, threeBad);

    for (const context of [tenant.member, tenant.analyst, tenant.admin, tenant.owner]) {
      await expect(books.client.getImport(context, { importId: done.id })).resolves.toEqual({ import: done });
      expect(await rowsOf(context, done.id)).toHaveLength(6);
      expect((await books.client.listImports(context, { page: undefined })).imports).toEqual([done]);
    }
    for (const context of [tenant.otherMember, other.owner]) {
      const unknown = { kind: 'not_found', code: 'import_not_found' };
      await expect(books.client.getImport(context, { importId: done.id })).rejects.toMatchObject(unknown);
      await expect(rowsOf(context, done.id)).rejects.toMatchObject(unknown);
      expect((await books.client.listImports(context, { page: undefined })).imports).toEqual([]);
    }
  });

  it('and its rows are listed in pages', async () => {
    const tenant = await books.tenant();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.unshift((await take(tenant.owner, threeBad)).id);

    const first = await books.client.listImports(tenant.owner, { page: { limit: 2, cursor: '' } });
    const second = await books.client.listImports(tenant.owner, { page: { limit: 2, cursor: first.page!.nextCursor } });
    const rows = await books.client.listImportRows(tenant.owner, {
      ...{ importId: ids[0]!, fate: 'duplicate', page: { limit: 2, cursor: '' } },
    });
    const moreRows = await books.client.listImportRows(tenant.owner, {
      ...{ importId: ids[0]!, fate: 'duplicate', page: { limit: 2, cursor: rows.page!.nextCursor } },
    });

    expect([...first.imports, ...second.imports].map(({ id }) => id)).toEqual(ids);
    expect([first.page!.hasMore, second.page!.hasMore]).toEqual([true, false]);
    expect([...rows.rows, ...moreRows.rows].map(({ line }) => line)).toEqual([2, 4, 7]);
    expect(moreRows.page).toMatchObject({ hasMore: false, nextCursor: '' });
    await expect(rowsOf(tenant.owner, ids[0]!, 'lost')).rejects.toMatchObject({ kind: 'invalid' });
    await expect(rowsOf(tenant.owner, 'x')).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('has no rows behind a line that no file has', async () => {
    const tenant = await books.tenant();
    const { id } = await take(tenant.owner, threeBad);
    const after = (line: number) => {
      const asked = { importId: id, fate: '' };
      const cursor = cursorOf('ListImportRows', asked, { line });
      return books.client.listImportRows(tenant.owner, { ...asked, page: { limit: 2, cursor } });
    };

    for (const line of [-1, 1.5, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
      await expect(after(line)).rejects.toMatchObject({
        kind: 'invalid',
        details: [{ field: 'cursor', code: 'cursor_invalid' }],
      });
    }
    expect((await after(2_147_483_647)).rows).toEqual([]);
  });

  it('books what can be seen of a row, which is another purchase all the same than one without the rest', async () => {
    const tenant = await books.tenant();
    const fileOf = (merchant: string, category: string) =>
      `Date;Merchant;Amount;Currency;Category\n15/01/2024;${merchant};12.50;EUR;${category}\n`;
    const hidden = fileOf('Acme\u202egnp.exe', '\u200b');

    const first = await take(tenant.owner, hidden);
    const again = await take(tenant.owner, hidden);
    const plain = await take(tenant.owner, fileOf('Acmegnp.exe', ''));

    expect([first, again, plain].map(({ imported, duplicates }) => [imported, duplicates])).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
    const filter = { ...everything, importId: first.id };
    const { expenses } = await books.client.listExpenses(tenant.owner, { filter, sort: '', page: undefined });
    expect(expenses).toMatchObject([{ title: 'Acmegnp.exe', vendor: 'Acmegnp.exe', category: undefined }]);
  });

  it('of a real file goes through the whole service, which keeps nothing of it that is not needed', async () => {
    const tenant = await books.tenant({ currency: 'GBP' });
    const file = await fixture('purchase-cards/purchase-card-transactions-201701.csv');

    const done = await take(tenant.owner, file);

    expect(done).toMatchObject({ rowsTotal: 5_227, imported: 5_227 });
    const kept = await books.query('select from ledger.import_chunks where import_id = $1', [done.id]);
    expect(kept).toHaveLength(0);
  });
});
