import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { importsOf } from './driver/imports.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let books: TestLedger;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  books = await startLedger();
  imports = importsOf(books);
});
afterAll(() => books.stop());
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

    await expect(imports.start(tenant.owner, file)).rejects.toMatchObject({
      kind: 'invalid',
      details: [expect.objectContaining({ field: 'file', code })],
    });

    expect((await books.client.listImports(tenant.owner, { page: undefined })).imports).toEqual([]);
  });

  it('is not said of a header without rows', async () => {
    const tenant = await books.tenant();
    expect(await imports.take(tenant.owner, 'Date;Merchant;Amount\n')).toMatchObject({ rowsTotal: 0, imported: 0 });
  });
});
