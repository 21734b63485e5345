import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, type CallerContext, newId } from '@outlay/platform';
import { importsOf } from './driver/imports.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let books: TestLedger;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  books = await startLedger();
  imports = importsOf(books);
});
afterAll(() => books.stop());

/** What a tenant has for expenses to refer to. */
const namesOf = ({ tenantId }: { tenantId: string }) =>
  books.query(
    `select name from ledger.categories where tenant_id = $1 union all select name from ledger.projects
     where tenant_id = $1 union all select name from ledger.accounts where tenant_id = $1`,
    [tenantId],
  );

describe('the file of a member', () => {
  const file = [
    'Date,Merchant,Amount,Category,Project,Card',
    ...['2025-01-02,tea,4.20,Food,Library,**1', '2025-01-03,pens,9.00,Stationery,,', '2025-01-04,ink,7.00,,Bridge,'],
    ...['2025-01-05,stamps,3.00,,,**9', '2025-01-06,soap,2.00,,,', ''],
  ].join('\n');
  const known = 'Date,Merchant,Amount,Category,Project,Card\n2024-01-02,first,1.00,Food,Library,**1\n';

  it('makes nothing that members may not make: rows that name it are refused', async () => {
    const tenant = await books.tenant();
    await imports.take(tenant.owner, known);

    const done = await imports.take(tenant.member, file);

    expect(done).toMatchObject({ imported: 2, refused: 3 });
    const refused = await imports.rowsOf(tenant.member, done.id, 'refused');
    expect(refused.map(({ line, column, code }) => [line, column, code])).toEqual([
      [3, 'Category', 'reference_unknown'],
      [4, 'Project', 'reference_unknown'],
      [5, 'Card', 'reference_unknown'],
    ]);
    expect(await namesOf(tenant)).toHaveLength(3);
    const [first] = await imports.rowsOf(tenant.member, done.id, 'imported');
    const { expense } = await books.client.getExpense(tenant.member, { expenseId: first!.expenseId });
    expect(expense).toMatchObject({
      category: { name: 'Food' },
      project: { name: 'Library' },
      account: { name: '**1' },
    });

    // The same rows can come again once somebody has made what they name, and for those who may.
    expect(await imports.take(tenant.owner, file)).toMatchObject({ imported: 3, duplicates: 2, refused: 0 });
    expect(await imports.take(tenant.member, file)).toMatchObject({ imported: 0, duplicates: 5, refused: 0 });
    expect(await namesOf(tenant)).toHaveLength(6);
  });

  it('is seen so in its preview', async () => {
    const tenant = await books.tenant();
    await imports.take(tenant.owner, known);

    const seen = await imports.preview(tenant.member, file);

    expect(seen).toMatchObject({ fresh: 2, refused: 3 });
    expect(seen.preview).toMatchObject({
      newAccounts: { count: 0 },
      newCategories: { count: 0 },
      newProjects: { count: 0 },
    });
    expect(await imports.rowsOf(tenant.member, seen.id, 'refused')).toHaveLength(3);
  });
});

describe('the file of an API key', () => {
  const file = [
    'Date,Merchant,Amount,Category,Project,Card',
    ...['2025-01-02,tea,4.20,Food,Library,**1', '2025-01-03,pens,9.00,Stationery,,', '2025-01-06,soap,2.00,,,', ''],
  ].join('\n');
  const keyOf = (
    { tenantId, keyId = newId() }: { tenantId: string; keyId?: string },
    ...scopes: string[]
  ): CallerContext => {
    const given = { kind: 'api_key', userId: keyId, sessionId: keyId, tenantId, role: 'admin' } as const;
    return { ...anonymousContext(), token: books.tokenFor({ ...given, scopes: ['expenses:read', ...scopes] }) };
  };

  it('is booked for the key', async () => {
    const { tenantId } = await books.tenant();
    const keyId = newId();

    await imports.take(keyOf({ tenantId, keyId }, 'expenses:write'), 'Date,Description,Amount\n2025-01-02,Tea,4.20\n');

    const actors = await books.query(
      'select distinct actor_kind, actor_id from ledger.audit_entries where tenant_id = $1',
      [tenantId],
    );
    expect(actors).toEqual([{ actor_kind: 'api_key', actor_id: keyId }]);
    const expenses = await books.query('select user_id from ledger.expenses where tenant_id = $1', [tenantId]);
    expect(expenses).toEqual([{ user_id: keyId }]);
  });

  it('makes nothing that the key may not make: rows that name it are refused', async () => {
    const tenant = await books.tenant();
    await imports.take(tenant.owner, file.split('\n').slice(0, 2).join('\n'));
    const key = keyOf(tenant, 'expenses:write');

    const done = await imports.take(key, file);

    expect(done).toMatchObject({ imported: 1, duplicates: 1, refused: 1 });
    expect(await imports.rowsOf(key, done.id, 'refused')).toMatchObject([
      { line: 3, column: 'Category', code: 'reference_unknown', reason: expect.stringContaining('"Stationery"') },
    ]);
    expect(await namesOf(tenant)).toHaveLength(3);
  });

  it('makes what it names where the key may', async () => {
    const tenant = await books.tenant();

    const done = await imports.take(keyOf(tenant, 'expenses:write', 'references:write'), file);

    expect(done).toMatchObject({ imported: 3, refused: 0 });
    expect(await namesOf(tenant)).toHaveLength(4);
  });

  it('that somebody mightier looked at makes no more for being committed by the key', async () => {
    const tenant = await books.tenant();
    const seen = await imports.preview(tenant.owner, file);

    await books.client.commitImport(keyOf(tenant, 'expenses:write'), { importId: seen.id });

    expect(seen).toMatchObject({ fresh: 3 });
    expect(await imports.finished(tenant.owner, seen.id)).toMatchObject({ imported: 1, refused: 2 });
    expect(await namesOf(tenant)).toEqual([]);
  });
});
