import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { record } from './driver/forged-subjects.ts';
import { ratesOf } from './driver/rates.ts';
import { sealed } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('what the service does', () => {
  it('is what the audit trail says, whoever wrote it', async () => {
    const tenant = await ledger.tenant();
    const rates = ratesOf(ledger);
    const { owner } = tenant;
    const rate = await rates.set(tenant, 'USD', 'EUR', '0.90', '2025-01-15');
    const abroad = await rates.book(tenant, 1_000n, 'USD', '2025-01-15');
    const texts = { title: 'Ünï “quoted” \\ ␀', description: 'two\nlines\ttab', tags: ['b', 'a;,"{}', 'NULL', 'null'] };
    const many = [anExpense(texts), anExpense({ tags: [], description: '', paymentMethod: '', vendor: '' })];
    await ledger.client.recordExpenses(owner, { inputs: many, perRow: false });
    await record(ledger, tenant, texts);
    const reversed = await record(ledger, tenant, texts);
    await ledger.client.reverseExpense(owner, { expenseId: reversed });
    const rows = 'Date,Merchant,Amount,Category,Project,Account\n2025-01-02,tea,4.20,Food/Drinks,New,Till\n';
    const { import: started } = await ledger.client.startImport(owner, uploadOf(Buffer.from(rows), 'file.csv'));
    const importId = started!.id;
    const status = async (wanted: string) => {
      const { import: found } = await ledger.client.getImport(owner, { importId });
      expect(found!.status).toBe(wanted);
    };
    await eventually(() => status('completed'));
    await rates.correct(tenant, rate.id, '0.8');
    await rates.settled(tenant);
    expect((await rates.expense(tenant, abroad.id)).version).toBe(2n);
    const before = await sealed(ledger, tenant);
    await ledger.client.undoImport(owner, { importId });
    await eventually(() => status('undone'));
    await rates.withdraw(tenant, rate.id);
    await rates.set(tenant, 'USD', 'EUR', '0.7', '2025-01-15');

    const after = await sealed(ledger, tenant);

    expect(before).toMatchObject({ faults: [], expenses: 6n });
    expect(before.references).toBeGreaterThanOrEqual(4n);
    expect(after).toMatchObject({ faults: [], expenses: 6n, references: before.references });
  });
});
