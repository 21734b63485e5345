import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { type ImportDriver, rules, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

describe('a mapping that is kept', () => {
  const given = { name: 'Cards', rules: rules({ columns: { Project: '' }, dateFormat: 'DD/MM/YY' }) };

  it('reads the files that name it, under what comes with them', async () => {
    const [context, other] = [await driver.tenant('EUR'), await driver.tenant('EUR')];
    const { handlers } = driver.imports;
    const { mapping } = await handlers.createImportMapping(context, given);
    const file = 'Date,Merchant,Amount,Project\n03/04/25,Tea,4.20,Kitchen\n';

    const done = await driver.take(context, file, { mappingId: mapping!.id, mapping: { dateFormat: 'MM/DD/YY' } });

    expect(done).toMatchObject({ mappingId: mapping!.id });
    expect(await driver.expensesOf(context)).toEqual(['2025-03-04 | Tea | 420 EUR |  |  |  | ']);
    await expect(driver.send(other, file, { mappingId: mapping!.id })).rejects.toMatchObject({
      code: 'import_mapping_not_found',
    });
  });

  it('goes behind what comes with the file column by column and default by default', async () => {
    const context = await driver.tenant('EUR');
    const saved = rules({
      columns: { Note: 'description', Project: '', Till: 'account' },
      defaults: { currency: 'USD', account: '', category: 'Kitchen', project: 'Library' },
    });
    const { mapping } = await driver.imports.handlers.createImportMapping(context, { name: 'Tills', rules: saved });
    const file = 'Date,Merchant,Amount,Project,Till,Note\n2025-04-03,Tea,4.20,Bridge,7,green\n';

    const seen = await driver.preview(context, file, {
      mappingId: mapping!.id,
      mapping: {
        columns: { Project: 'project', Till: '' },
        defaults: { currency: 'EUR', account: '', category: 'Garden', project: '' },
      },
    });

    expect(seen.format).toMatchObject({
      columns: { Note: 'description', Project: 'project', Till: '' },
      defaults: { currency: 'EUR', category: 'Garden', project: 'Library' },
    });
    await driver.commit(context, seen.id);
    expect(await driver.expensesOf(context)).toEqual(['2025-04-03 | Tea | 420 EUR |  |  | Garden | Bridge']);
  });

  it('is what a repeated file was read with, whatever became of it since', async () => {
    const context = { ...(await driver.tenant('EUR')), idempotencyKey: newId() };
    const { handlers } = driver.imports;
    const { mapping } = await handlers.createImportMapping(context, given);
    const { mapping: second } = await handlers.createImportMapping(
      { ...context, idempotencyKey: newId() },
      {
        ...given,
        name: 'Bank',
      },
    );
    const file = 'Date,Merchant,Amount,Project\n03/04/25,Tea,4.20,Kitchen\n';
    const sendAs = ({ id }: { id: string }) => driver.send(context, file, { mappingId: id });
    const first = await sendAs(mapping!);
    const laterKey = () => ({ ...context, idempotencyKey: newId() });

    const changed = rules({ columns: { Amount: '' } });
    const change = { mappingId: mapping!.id, name: '', rules: changed, version: undefined };
    await handlers.updateImportMapping(laterKey(), change);
    const afterChange = await sendAs(mapping!);
    await handlers.deleteImportMapping(laterKey(), { mappingId: mapping!.id, version: undefined });
    const afterDeletion = await sendAs(mapping!);

    expect([afterChange.id, afterDeletion.id]).toEqual([first.id, first.id]);
    await expect(sendAs(second!)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    await expect(driver.send(laterKey(), file, { mappingId: mapping!.id })).rejects.toMatchObject({
      code: 'import_mapping_not_found',
    });
  });

  it('is listed, changed under its version and forgotten, with its name taken once', async () => {
    const [context, other] = [await driver.tenant(), await driver.tenant()];
    const { handlers } = driver.imports;
    const { mapping } = await handlers.createImportMapping(context, given);
    const { mapping: second } = await handlers.createImportMapping(context, { ...given, name: 'Bank' });
    await expect(handlers.createImportMapping(context, given)).rejects.toMatchObject({ code: 'name_taken' });
    const change = { mappingId: mapping!.id, name: '', rules: undefined, version: 1n };

    const changed = await handlers.updateImportMapping(context, { ...change, name: 'Cards of 2025' });

    expect(changed.mapping).toMatchObject({ name: 'Cards of 2025', version: 2n, rules: given.rules });
    await expect(handlers.updateImportMapping(context, { ...change, name: 'Late' })).rejects.toMatchObject({
      code: 'version_mismatch',
    });
    await expect(
      handlers.updateImportMapping(context, { ...change, name: 'Bank', version: undefined }),
    ).rejects.toMatchObject({ code: 'name_taken' });
    await handlers.deleteImportMapping(context, { mappingId: second!.id, version: undefined });
    const { mappings } = await handlers.listImportMappings(context, { page: undefined });
    expect(mappings.map(({ name }) => name)).toEqual(['Cards of 2025']);
    expect((await handlers.listImportMappings(other, { page: undefined })).mappings).toEqual([]);
    for (const unknown of [handlers.getImportMapping(other, { mappingId: mapping!.id })]) {
      await expect(unknown).rejects.toMatchObject({ code: 'import_mapping_not_found' });
    }
  });
});
