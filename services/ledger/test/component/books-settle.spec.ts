import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, createSilentLogger, type Database, newId, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { segmentJournal } from '../../src/books/segment-journal.ts';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';
import { booksOf } from './driver/books.ts';
import { pastTriggers } from './driver/past-triggers.ts';
import type { TestLedger } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';
import { putInEntry } from './driver/tamper.ts';

const { uncategorised } = ledgerAccounts;

let ledger: TestLedger;
let superuser: pg.Client;
let stop: () => Promise<void>;
let database: Database;
let books: ReturnType<typeof booksOf>;
/** A transaction of the service that was begun and does not end. */
let writer: pg.Client;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
  books = booksOf(ledger);
  const url = ledger.database.urlFor('ledger');
  database = createDatabase({ url, applicationName: 'books', logger: createSilentLogger() });
  writer = new pg.Client({ connectionString: url });
  await writer.connect();
  await writer.query('begin');
});
afterAll(async () => {
  await writer.end();
  await database.close();
  await stop();
});

/** So long before the transaction that is open began, in UTC with microseconds. */
async function before(interval: string): Promise<string> {
  const { rows } = await writer.query(
    `select to_char((now() - $1::interval) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as instant`,
    [interval],
  );
  return rows[0].instant;
}

// Another one that began up to a second earlier may not show up yet among those that are open.
describe('while a transaction is open', () => {
  it('an instant is final when it is more than a second before it began, and not sooner', async () => {
    const tenant = await ledger.tenant();

    await expect(books.balances(tenant.owner, { knownAsOf: await before('0.9 seconds') })).rejects.toMatchObject({
      code: 'books_not_settled',
    });
    const knownAsOf = await before('1.1 seconds');
    expect(await books.balances(tenant.owner, { knownAsOf })).toMatchObject({ knownAsOf: expect.anything() });
  });

  it('a segment ends more than a second before it began, and not later', async () => {
    const tenant = await ledger.tenant();
    const book = (recordedAt: string) => bookAt(tenant.tenantId, recordedAt);
    const segment = () => segmentJournal(database, toTenantId(tenant.tenantId), 2);

    await book(await before('0.9 seconds'));
    expect(await segment()).toBe(false);

    await book(await before('1.1 seconds'));
    await eventually(async () => expect(await segment()).toBe(true));
    expect(await segment()).toBe(false);
  });

  it('a list of several pages is of an instant that is final, at once where nothing was recorded since', async () => {
    const tenant = await ledger.tenant();
    for (const interval of ['1.2 seconds', '1.1 seconds']) await bookAt(tenant.tenantId, await before(interval));

    const { entries, knownAsOf } = await books.entries(tenant.owner, uncategorised, {}, 1);

    expect(entries.map(({ balanceMinor }) => balanceMinor)).toEqual(['5', '10']);
    expect(knownAsOf < (await before('1 second'))).toBe(true);
    expect(await books.entries(tenant.owner, uncategorised, { knownAsOf })).toMatchObject({ entries: [{}, {}] });
  });

  it('a list of several pages waits for what was recorded since, and one of a single page does not', async () => {
    const tenant = await ledger.tenant();
    for (const interval of ['1.1 seconds', '0.9 seconds']) await bookAt(tenant.tenantId, await before(interval));

    await expect(books.entries(tenant.owner, uncategorised, {}, 1)).rejects.toMatchObject({
      code: 'books_not_settled',
    });
    expect((await books.entries(tenant.owner, uncategorised)).entries).toHaveLength(2);
  });

  it('a list of several pages waits for the chart, where an account was just named', async () => {
    const tenant = await ledger.tenant();
    await ledger.client.createCategory(tenant.owner, { name: 'Software' });

    await expect(books.balances(tenant.owner, {}, 1)).rejects.toMatchObject({ code: 'books_not_settled' });
    expect((await books.balances(tenant.owner)).accounts).toHaveLength(5);
  });
});

/** An entry of 5 to uncategorised that was recorded at an instant. */
async function bookAt(tenantId: string, recordedAt: string): Promise<void> {
  const accounts = { debit: uncategorised, credit: ledgerAccounts.unassigned };
  await pastTriggers(superuser, () => putInEntry(superuser, { tenantId, entryId: newId(), recordedAt }, accounts));
}
