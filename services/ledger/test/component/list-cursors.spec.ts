import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CallerContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

interface Answer {
  page: { nextCursor: string } | undefined;
}

interface Page {
  limit: number;
  cursor: string;
}

let ledger: TestLedger;
let owner: CallerContext;
/** Each has two entries or more in its list. */
let ids: { expense: string; other: string; import: string; otherImport: string };

beforeAll(async () => {
  ledger = await startLedger();
  owner = (await ledger.tenant()).owner;
  const { category: parent } = await ledger.client.createCategory(owner, { name: 'Office' });
  for (const name of ['Office paper', 'Office tables']) {
    await ledger.client.createCategory(owner, { name, parentId: parent!.id });
    await ledger.client.createProject(owner, { name });
    await ledger.client.createAccount(owner, { name, kind: 'card', currency: '', openingBalance: undefined });
    const rate = { baseCurrency: 'USD', quoteCurrency: 'EUR', rate: '0.95', provider: 'Treasury' };
    await ledger.client.createExchangeRate(owner, {
      ...{ ...rate, date: name === 'Office paper' ? '2024-03-01' : '2024-03-02' },
    });
  }
  ids = {
    ...{ expense: await recordEdited(), other: await recordEdited() },
    ...{ import: await importFile('a'), otherImport: await importFile('b') },
  };
});
afterAll(() => ledger.stop());

describe('a cursor goes on where its list has ended, and nowhere else, in the list of', () => {
  const cases: [string, (page: Page) => Promise<Answer>, (page: Page) => Promise<Answer>][] = [
    [
      'categories of one name',
      (page) => ledger.client.listCategories(owner, { text: 'office', page }),
      (page) => ledger.client.listCategories(owner, { text: 'paper', page }),
    ],
    [
      'categories',
      (page) => ledger.client.listCategories(owner, { page }),
      (page) => ledger.client.listCategories(owner, { parentId: 'none', page }),
    ],
    [
      'accounts',
      (page) => ledger.client.listAccounts(owner, { kind: 'card', page }),
      (page) => ledger.client.listAccounts(owner, { kind: 'bank', page }),
    ],
    [
      'projects',
      (page) => ledger.client.listProjects(owner, { page }),
      (page) => ledger.client.listProjects(owner, { archived: 'all', page }),
    ],
    [
      'tags',
      (page) => ledger.client.listTags(owner, { prefix: 'p', page }),
      (page) => ledger.client.listTags(owner, { prefix: '', page }),
    ],
    [
      'exchange rates',
      (page) => ledger.client.listExchangeRates(owner, { ...anyRate, source: 'tenant', page }),
      (page) => ledger.client.listExchangeRates(owner, { ...anyRate, dateFrom: '2024-03-02', page }),
    ],
    [
      'audit entries',
      (page) => ledger.client.listAuditEntries(owner, { ...anyAudit, entity: 'category', page }),
      (page) => ledger.client.listAuditEntries(owner, { ...anyAudit, from: new Date(0), page }),
    ],
    [
      'rows of an import',
      (page) => ledger.client.listImportRows(owner, { importId: ids.import, fate: '', page }),
      (page) => ledger.client.listImportRows(owner, { importId: ids.otherImport, fate: '', page }),
    ],
    [
      'rows of one fate',
      (page) => ledger.client.listImportRows(owner, { importId: ids.import, fate: 'imported', page }),
      (page) => ledger.client.listImportRows(owner, { importId: ids.import, fate: 'refused', page }),
    ],
    [
      'changes of an expense',
      (page) => ledger.client.listExpenseHistory(owner, { expenseId: ids.expense, page }),
      (page) => ledger.client.listExpenseHistory(owner, { expenseId: ids.other, page }),
    ],
    [
      'balances',
      (page) => ledger.client.listBalances(owner, { asOf: '', knownAsOf: '', currency: '', page }),
      (page) => ledger.client.listBalances(owner, { asOf: '2024-01-01', knownAsOf: '', currency: '', page }),
    ],
  ];

  it.each(cases)('%s', async (_what, list, another) => {
    const { page } = await list({ limit: 1, cursor: '' });
    const next = { limit: 1, cursor: page!.nextCursor };

    await expect(another(next)).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field: 'cursor', code: 'cursor_invalid' }],
    });
    await expect(list(next)).resolves.toBeDefined();
    await expect(list({ ...next, limit: 2 })).resolves.toBeDefined();
    await expect(another({ ...next, cursor: '' })).resolves.toBeDefined();
  });
});

describe('a cursor behind the longest name that there can be goes on in the list of', () => {
  const nameWith = (last: string) => 'ﷺ'.repeat(199) + last;
  let other: CallerContext;

  beforeAll(async () => {
    other = (await ledger.tenant()).owner;
    for (const name of [nameWith('ﷺ'), nameWith('ﷻ')]) {
      await ledger.client.createCategory(other, { name, parentId: '' });
      await ledger.client.createProject(other, { name });
      await ledger.client.createAccount(other, { name, kind: 'card', currency: '', openingBalance: undefined });
    }
    await ledger.client.recordExpense(other, { input: anExpense({ tags: ['ﷺ'.repeat(50), 'ﷻ'.repeat(50)] }) });
  });

  const lists: [string, (page: Page) => Promise<Answer>][] = [
    ['categories', (page) => ledger.client.listCategories(other, { page })],
    ['projects', (page) => ledger.client.listProjects(other, { page })],
    ['accounts', (page) => ledger.client.listAccounts(other, { page })],
    ['tags', (page) => ledger.client.listTags(other, { prefix: '', page })],
  ];

  it.each(lists)('%s', async (_what, list) => {
    const { page } = await list({ limit: 1, cursor: '' });

    await expect(list({ limit: 1, cursor: page!.nextCursor })).resolves.toMatchObject({ page: { nextCursor: '' } });
  });
});

const anyRate = { currency: '', dateFrom: '', dateTo: '', source: '' };
const anyAudit = { entity: '', entityId: '', actorId: '', from: undefined, to: undefined };

/** An expense with a history of two changes, and two tags. */
async function recordEdited(): Promise<string> {
  const input = anExpense({ tags: ['paper', 'pens'] });
  const { expense } = await ledger.client.recordExpense(owner, { input });
  const changes = { input: { ...input, title: 'Another' }, updateMask: ['title'] };
  await ledger.client.editExpense(owner, { expenseId: expense!.id, ...changes });
  return expense!.id;
}

/** A file of two rows. */
async function importFile(vendor: string): Promise<string> {
  const file = `Date;Merchant;Amount\n2024-03-01;${vendor};1.00\n2024-03-02;${vendor};2.00\n`;
  const started = await ledger.client.startImport(owner, uploadOf(Buffer.from(file), 'purchases.csv'));
  await eventually(async () => {
    const found = await ledger.client.getImport(owner, { importId: started.import!.id });
    expect(found.import!.status).toBe('completed');
  });
  return started.import!.id;
}
