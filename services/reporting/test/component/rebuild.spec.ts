import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import { type Database, isDomainError, newId, systemContext, type TenantId, toTenantId } from '@outlay/platform';
import { createTestDatabase, eventually, type TestDatabase } from '@outlay/testkit';
import { projectEvents } from '../../src/project-events.ts';
import { projectNames } from '../../src/project-names.ts';
import { rebuildTenant } from '../../src/rebuild-tenant.ts';
import { categoryIds, eventOf, expense, recompute } from './ledger-model.ts';
import { openDatabase, readTotals } from './read-models.ts';

const asOf = new Date('2025-03-01T12:00:00Z');

describe('rebuilding a tenant', () => {
  let server: TestDatabase;
  let database: Database;
  let tenantId: TenantId;
  let books: ledger.Expense[];
  let references: ledger.NamedReference[];

  beforeAll(async () => {
    server = await createTestDatabase();
    database = openDatabase(server);
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });
  beforeEach(async () => {
    tenantId = toTenantId(newId());
    references = [];
    books = Array.from({ length: 30 }, (_, index) =>
      expense({
        id: newId(),
        amountMinor: BigInt(index - 5) * 100n + 1n,
        expenseDate: `2025-0${1 + (index % 3)}-10`,
        category: { id: categoryIds[index % 3]!, name: 'Travel' },
      }),
    );
    await project(books);
  });

  const project = (states: ledger.Expense[], of = tenantId) =>
    database.withTenant({ tenantId: of }, (session) => projectEvents(session, states.map(eventOf)));
  /** As the consumer does: while a rebuild replaces the figures, the events wait. */
  const projectInTheEnd = async (states: ledger.Expense[]): Promise<void> => {
    for (;;) {
      try {
        return await project(states);
      } catch (error) {
        if (!isDomainError(error, 'unavailable')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  };
  const rebuild = (stream: () => AsyncIterable<ledger.StreamExpensesResponse>) =>
    rebuildTenant({ database, streamExpenses: stream }, systemContext(tenantId));
  const corrupt = (statement: string) =>
    database.withTenant({ tenantId }, async (session) => {
      const { rowCount } = await session.query(statement, [tenantId]);
      expect(rowCount).toBeGreaterThan(0);
    });

  /** The first category as an event names it; version 0 as an expense does. */
  const nameCategory = (named: { name: string; version: bigint }, of: TenantId) =>
    database.withTenant({ tenantId: of }, (session) =>
      projectNames(session, [{ dimension: 'category', dimensionId: categoryIds[0]!, ...named }]),
    );
  const nameOfCategory = (of: TenantId) =>
    database.withTenant({ tenantId: of }, async (session) => {
      const { rows } = await session.query('select name, version from dimension_names where dimension_id = $1', [
        categoryIds[0],
      ]);
      return rows[0];
    });

  const countWaiting = () =>
    database.withGlobal(async (session) => {
      const { rows } = await session.query<{ waiting: bigint }>(
        `select count(*) as waiting
        from pg_locks as lock
        join pg_database as database on database.oid = lock.database
        where not lock.granted and database.datname = current_database()`,
      );
      return rows[0]?.waiting;
    });

  /** The ledger's answer: its books at the moment it is asked, ten at a time; `between` happens before the second part. */
  async function* stream(between: () => Promise<unknown> = async () => {}) {
    const picture = [...books];
    if (references.length > 0) yield { asOf, expenses: [], references };
    for (let start = 0; start < picture.length; start += 10) {
      if (start === 10) await between();
      yield { asOf, expenses: picture.slice(start, start + 10), references: [] };
    }
  }

  it('finds nothing to repair where the figures are right', async () => {
    const answer = await rebuild(() => stream());

    expect(answer).toEqual({ tenantId, expenses: 30n, repaired: 0n, asOf, replayed: false });
    expect(await readTotals(database, tenantId)).toEqual(recompute(books));
  });

  it.each([
    ['a changed amount', 'update expense_facts set amount_minor = 7 where tenant_id = $1'],
    ['a month moved', `update expense_facts set expense_date = '2020-01-01' where tenant_id = $1`],
    ['lost expenses', 'delete from expense_facts where tenant_id = $1 and amount_minor > 500'],
    ['expenses taken for reversed', 'update expense_facts set is_posted = false where tenant_id = $1'],
    ['a version from the future', 'update expense_facts set version = 99, amount_minor = 1 where tenant_id = $1'],
    ['expenses of nobody', 'update expense_facts set user_id = null where tenant_id = $1'],
    ['changed totals', 'update month_totals set total_minor = total_minor + 1 where tenant_id = $1'],
    ['lost totals', 'delete from month_totals where tenant_id = $1'],
    [
      'totals of nothing',
      `insert into month_totals select $1, '2019-05-01', 'all', '00000000-0000-0000-0000-000000000000', 'EUR', 5, 1, 0, 0`,
    ],
    [
      'an expense the ledger never had',
      `insert into expense_facts (tenant_id, expense_id, version, is_posted, expense_date, currency, amount_minor)
      values ($1, gen_random_uuid(), 1, true, '2025-01-01', 'EUR', 5)`,
    ],
  ])('repairs %s', async (_, corruption) => {
    const bystander = toTenantId(newId());
    const theirs = [expense({ id: newId() })];
    await project(theirs, bystander);
    await corrupt(corruption);

    const first = await rebuild(() => stream());
    const second = await rebuild(() => stream());

    expect(first.repaired).toBeGreaterThan(0n);
    expect(second.repaired).toBe(0n);
    expect(await readTotals(database, tenantId)).toEqual(recompute(books));
    expect(await readTotals(database, bystander)).toEqual(recompute(theirs));
  });

  it('learns which expenses are refunds that were projected before that was kept, and repairs no other', async () => {
    const worthNothing = { currency: 'JPY', amountMinor: 0n };
    const refund = expense({ id: newId(), amount: { currency: 'USD', amountMinor: -30n }, booked: worthNothing });
    await project([{ ...refund, amount: worthNothing }]);
    await corrupt('update expense_facts set is_refund = null where tenant_id = $1');
    books.push(refund);

    const first = await rebuild(() => stream());
    const second = await rebuild(() => stream());

    expect([first.repaired, second.repaired]).toEqual([1n, 0n]);
    expect(await readTotals(database, tenantId)).toEqual(recompute(books));
  });

  it('goes on counting differences rightly after it has repaired', async () => {
    await corrupt('update expense_facts set amount_minor = 7 where tenant_id = $1');
    await rebuild(() => stream());

    const edited = { ...books[0]!, version: 2n, booked: { currency: 'EUR', amountMinor: 4_242n } };
    await project([edited]);

    expect(await readTotals(database, tenantId)).toEqual(recompute([edited, ...books.slice(1)]));
  });

  it('keeps what events brought while the ledger was streaming', async () => {
    const added = expense({ id: newId(), amountMinor: 55n });
    const edited = { ...books[0]!, version: 2n, booked: { currency: 'EUR', amountMinor: 4_242n } };
    const reversed = { ...books[25]!, version: 2n, status: 'reversed' };
    await corrupt('update month_totals set total_minor = total_minor + 1 where tenant_id = $1');

    await rebuild(() => stream(() => project([added, edited, reversed])));

    const after = [added, edited, ...books.slice(1, 25), ...books.slice(26)];
    expect(await readTotals(database, tenantId)).toEqual(recompute(after));
  });

  it('takes from the stream what has not arrived as an event yet, and the late event changes nothing', async () => {
    const late = expense({ id: newId(), amountMinor: 55n });
    books.push(late);

    const { repaired } = await rebuild(() => stream());
    await project([late]);

    expect(repaired).toBe(1n);
    expect(await readTotals(database, tenantId)).toEqual(recompute(books));
  });

  it.each([
    ['a rename whose event was lost', 'Travel', 1n],
    ['a name that is not the ledger’s', 'Nonsense', 3n],
    ['a name that was learnt from an expense', 'Travel', 0n],
    ['a name with a version from the future', 'Nonsense', 99n],
  ])('repairs %s, without a new expense', async (_, name, version) => {
    const bystander = toTenantId(newId());
    await Promise.all([tenantId, bystander].map((of) => nameCategory({ name, version }, of)));
    references = [{ kind: 'category', id: categoryIds[0]!, name: 'Journeys', version: 3n }];

    const first = await rebuild(() => stream());
    const second = await rebuild(() => stream());

    expect(await nameOfCategory(tenantId)).toEqual({ name: 'Journeys', version: 3n });
    expect(await nameOfCategory(bystander)).toEqual({ name, version });
    expect([first.repaired, second.repaired]).toEqual([1n, 0n]);
  });

  it('counts no name that is the right one already, of whatever version', async () => {
    await nameCategory({ name: 'Journeys', version: 2n }, tenantId);
    references = [{ kind: 'category', id: categoryIds[0]!, name: 'Journeys', version: 3n }];

    expect(await rebuild(() => stream())).toMatchObject({ repaired: 0n });
    expect(await nameOfCategory(tenantId)).toEqual({ name: 'Journeys', version: 3n });
  });

  it('lets events rename again what had a version from the future', async () => {
    await nameCategory({ name: 'Nonsense', version: 99n }, tenantId);
    references = [{ kind: 'category', id: categoryIds[0]!, name: 'Journeys', version: 3n }];

    await rebuild(() => stream());
    await nameCategory({ name: 'Voyages', version: 4n }, tenantId);

    expect(await nameOfCategory(tenantId)).toEqual({ name: 'Voyages', version: 4n });
  });

  it('keeps a rename that an event brought while the ledger was streaming', async () => {
    references = [{ kind: 'category', id: categoryIds[0]!, name: 'Journeys', version: 3n }];

    await rebuild(() => stream(() => nameCategory({ name: 'Voyages', version: 4n }, tenantId)));
    expect(await nameOfCategory(tenantId)).toEqual({ name: 'Voyages', version: 4n });
    references = [{ kind: 'category', id: categoryIds[0]!, name: 'Voyages', version: 4n }];
    expect(await rebuild(() => stream())).toMatchObject({ repaired: 0n });

    expect(await nameOfCategory(tenantId)).toEqual({ name: 'Voyages', version: 4n });
  });

  it('leaves the figures alone when the stream breaks off, and nothing behind', async () => {
    await corrupt('update month_totals set total_minor = total_minor + 1 where tenant_id = $1');
    const before = await readTotals(database, tenantId);

    const rebuilding = rebuild(() =>
      stream(async () => {
        throw new Error('the ledger went away');
      }),
    );

    await expect(rebuilding).rejects.toThrow('the ledger went away');
    expect(await readTotals(database, tenantId)).toEqual(before);
    const staged = await database.withTenant({ tenantId }, (session) =>
      session.query('select staged.expense_id from rebuild_expenses as staged'),
    );
    expect(staged.rowCount).toBe(0);
  });

  it('waits for events that are just being projected, and counts them', async () => {
    const added = expense({ id: newId(), amountMinor: 55n });
    books.push(added);
    await corrupt('delete from month_totals where tenant_id = $1');
    const projected = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const projecting = database.withTenant({ tenantId }, async (session) => {
      await projectEvents(session, [eventOf(added)]);
      projected.resolve();
      await mayCommit.promise;
    });
    await projected.promise;

    const rebuilding = rebuild(() => stream());
    await eventually(async () => expect(await countWaiting()).toBe(1n));
    mayCommit.resolve();
    await Promise.all([projecting, rebuilding]);

    expect(await readTotals(database, tenantId)).toEqual(recompute(books));
  });

  it('agrees with the ledger in the end when it runs again and again while events flow', async () => {
    const state = new Map(books.map((one) => [one.id, one]));
    let isFlowing = true;
    // As in life: the ledger commits first, the event arrives some time after, not always in order.
    const events: ledger.Expense[] = [];
    const commit = (next: ledger.Expense) => {
      state.set(next.id, next);
      books = [...state.values()];
      events.push(next);
    };
    const write = async () => {
      for (let round = 0; round < 150; round++) {
        const known = books[round % books.length]!;
        if (round % 3 === 0) commit(expense({ id: newId(), amountMinor: BigInt(round) }));
        else if (known.status === 'posted') {
          const status = round % 10 === 1 ? 'reversed' : 'posted';
          commit({ ...known, status, version: known.version + 1n, expenseDate: `2025-0${1 + (round % 3)}-20` });
        }
        if (round % 4 === 3) await projectInTheEnd(events.splice(0).reverse());
      }
      await projectInTheEnd(events.splice(0));
      isFlowing = false;
    };
    const rebuildOverAndOver = async () => {
      while (isFlowing) await rebuild(() => stream());
    };

    await Promise.all([write(), rebuildOverAndOver(), rebuildOverAndOver()]);

    expect(await readTotals(database, tenantId)).toEqual(recompute(books));
    expect((await rebuild(() => stream())).repaired).toBe(0n);
  });
});
