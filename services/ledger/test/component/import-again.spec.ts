import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { type CallerContext, newId } from '@outlay/platform';
import iconv from 'iconv-lite';
import { importsOf } from './driver/imports.ts';
import { startLedger, type TestLedger, withKey } from './driver/start-ledger.ts';

let books: TestLedger;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  books = await startLedger();
  imports = importsOf(books);
});
afterAll(() => books.stop());

describe('a file that comes again', () => {
  const file = ['Date;Merchant;Amount;Card', '01/02/2024;Café Größe;1,012.50;**1', '01/02/2024;Café Größe;1,012.50;**1']
    .concat(['02/02/2024;shop;-3.00;**1', ''])
    .join('\n');

  it('adds nothing, while two equal purchases in one file both count', async () => {
    const tenant = await books.tenant();
    expect(await imports.take(tenant.owner, file)).toMatchObject({ imported: 3, duplicates: 0 });

    const again = await imports.take(tenant.admin, file);

    expect(again).toMatchObject({ imported: 0, duplicates: 3, refused: 0 });
    const [first, second] = await imports.rowsOf(tenant.admin, again.id, 'duplicate');
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
    await imports.take(tenant.owner, file);

    expect(await imports.take(tenant.owner, changed)).toMatchObject({ imported: 0, duplicates: 3, refused: 0 });
  });

  it('adds what is new in it, one more of what was there included', async () => {
    const tenant = await books.tenant();
    await imports.take(tenant.owner, file);

    const longer = `${file}01/02/2024;Café Größe;1,012.50;**1\n03/02/2024;other;1.00;**1\n`;

    expect(await imports.take(tenant.owner, longer)).toMatchObject({ imported: 2, duplicates: 3 });
  });

  it('tells whoever may see it which expense a row repeats, and nobody else', async () => {
    const tenant = await books.tenant();
    const first = await imports.take(tenant.owner, file);
    const again = await imports.take(tenant.member, file);
    await imports.take(tenant.member, 'Date;Amount\n03/02/2024;1.00\n');
    const own = await imports.take(tenant.member, 'Date;Amount\n03/02/2024;1.00\n');

    const shown = async (context: CallerContext, { id }: ledger.Import, fate = 'duplicate') =>
      (await imports.rowsOf(context, id, fate)).map(({ expenseId }) => expenseId);
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
    await imports.take(tenant.owner, file);

    expect(await imports.take(other.owner, file)).toMatchObject({ imported: 3, duplicates: 0 });
  });

  it('under the same idempotency key is one import', async () => {
    const tenant = await books.tenant();
    const context = withKey(tenant.owner, newId());

    const answers = await Promise.all([
      imports.start(context, file),
      imports.start(context, file),
      imports.start(context, file),
    ]);

    expect(new Set(answers.map((answer) => answer.import!.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    await expect(imports.start(context, `${file}04/02/2024;x;1.00;**1\n`)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'idempotency_key_reused',
    });
  });
});
