import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cursorOf } from './driver/cursors.ts';
import { importsOf, threeBad } from './driver/imports.ts';
import { everything, startLedger, type TestLedger } from './driver/start-ledger.ts';
import { fixture } from './import-driver.ts';

let books: TestLedger;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  books = await startLedger();
  imports = importsOf(books);
});
afterAll(() => books.stop());

describe('an import', () => {
  it('is started by those who may write, and seen by its owner and those who see everything', async () => {
    const [tenant, other] = [await books.tenant(), await books.tenant()];
    await expect(imports.start(tenant.analyst, threeBad)).rejects.toMatchObject({ kind: 'forbidden' });
    const done = await imports.take(tenant.member, threeBad);

    for (const context of [tenant.member, tenant.analyst, tenant.admin, tenant.owner]) {
      await expect(books.client.getImport(context, { importId: done.id })).resolves.toEqual({ import: done });
      expect(await imports.rowsOf(context, done.id)).toHaveLength(6);
      expect((await books.client.listImports(context, { page: undefined })).imports).toEqual([done]);
    }
    for (const context of [tenant.otherMember, other.owner]) {
      const unknown = { kind: 'not_found', code: 'import_not_found' };
      await expect(books.client.getImport(context, { importId: done.id })).rejects.toMatchObject(unknown);
      await expect(imports.rowsOf(context, done.id)).rejects.toMatchObject(unknown);
      expect((await books.client.listImports(context, { page: undefined })).imports).toEqual([]);
    }
  });

  it('and its rows are listed in pages', async () => {
    const tenant = await books.tenant();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.unshift((await imports.take(tenant.owner, threeBad)).id);

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
    await expect(imports.rowsOf(tenant.owner, ids[0]!, 'lost')).rejects.toMatchObject({ kind: 'invalid' });
    await expect(imports.rowsOf(tenant.owner, 'x')).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('has no rows behind a line that no file has', async () => {
    const tenant = await books.tenant();
    const { id } = await imports.take(tenant.owner, threeBad);
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

    const first = await imports.take(tenant.owner, hidden);
    const again = await imports.take(tenant.owner, hidden);
    const plain = await imports.take(tenant.owner, fileOf('Acmegnp.exe', ''));

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

    const started = await imports.start(tenant.owner, file);
    const done = await imports.finished(tenant.owner, started.import!.id, 'completed', 150_000);

    expect(done).toMatchObject({ rowsTotal: 5_227, imported: 5_227 });
    const kept = await books.query('select from ledger.import_chunks where import_id = $1', [done.id]);
    expect(kept).toHaveLength(0);
  }, 180_000);
});
