import type { ledger as contract } from '@outlay/contracts';
import { rules } from '../import-driver.ts';
import type { Place } from './forgery.ts';
import { ratesOf } from './rates.ts';
import { sealed } from './seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './start-ledger.ts';

/** Something that can be forged, as faults name it. */
export interface Forged extends Place {
  entity: string;
}

export type Places = Awaited<ReturnType<typeof tenantWithAll>>['places'];

/** A tenant with expenses, what they refer to and a rate; most of them were changed since they were made. */
export async function tenantWithAll(ledger: TestLedger) {
  const tenant = await ledger.tenant();
  const { tenantId, owner } = tenant;
  const { client } = ledger;
  const { category: above } = await client.createCategory(owner, { name: 'Running' });
  const { category } = await client.createCategory(owner, { name: 'Travel', parentId: above!.id, description: 'Far' });
  await client.updateCategory(owner, {
    ...{ categoryId: category!.id, updateMask: ['name'] },
    input: { name: 'Journeys', parentId: '', description: '' },
  });
  const { account } = await client.createAccount(owner, {
    ...{ name: 'Card', kind: 'card', currency: 'EUR', openingBalance: undefined },
  });
  const { project } = await client.createProject(owner, { name: 'Office', code: 'C-1', description: 'New' });
  for (const archived of [true, false]) {
    await client.updateAccount(owner, { accountId: account!.id, input: undefined, updateMask: [], archived });
  }
  await client.updateProject(owner, { projectId: project!.id, input: undefined, updateMask: [], archived: true });
  const { id: rateId } = await ratesOf(ledger).set(tenant, 'USD', 'EUR', '0.90', '2025-01-15');
  await client.correctExchangeRate(owner, { exchangeRateId: rateId, rate: '0.95' });
  const { mapping } = await client.createImportMapping(owner, {
    ...{ name: 'Cards', rules: rules({ columns: { Note: 'description', Project: '' }, headerLine: 3 }) },
  });
  await client.updateImportMapping(owner, {
    ...{ mappingId: mapping!.id, name: '', version: undefined },
    rules: rules({
      ...{ kind: 'csv', columns: { Note: 'description', Project: '' }, delimiter: ';', headerLine: 3 },
      defaults: { currency: 'USD', account: 'Till', category: '', project: '' },
    }),
  });
  const recorded = await record(ledger, tenant, { categoryId: category!.id, accountId: account!.id });
  const edited = await record(ledger, tenant);
  await client.editExpense(owner, {
    ...{ expenseId: edited, updateMask: ['vendor'], input: anExpense({ vendor: 'Another' }) },
  });
  await sealed(ledger, tenant);
  const at = (table: string, entity: string, id: string): Forged => ({ table, tenantId, entity, id });
  return {
    tenant,
    places: {
      recorded: at('expenses', 'expense', recorded),
      edited: at('expenses', 'expense', edited),
      above: at('categories', 'category', above!.id),
      category: at('categories', 'category', category!.id),
      account: at('accounts', 'account', account!.id),
      project: at('projects', 'project', project!.id),
      rate: at('exchange_rates', 'exchange_rate', rateId),
      mapping: at('import_mappings', 'import_mapping', mapping!.id),
    },
  };
}

/** Books an expense, and answers its id. */
export async function record(
  { client }: Pick<TestLedger, 'client'>,
  { owner }: TestTenant,
  input: Partial<contract.ExpenseInput> = {},
): Promise<string> {
  const { expense } = await client.recordExpense(owner, { input: anExpense(input) });
  return expense!.id;
}

/** How a fault names something. */
export function named({ entity, id }: Forged) {
  if (entity === 'expense') return { expenseId: id, accountId: '', entity: '', entityId: '' };
  return { entryId: '', expenseId: '', accountId: entity === 'account' ? id : '', entity, entityId: id };
}
