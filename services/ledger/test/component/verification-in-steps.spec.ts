import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyJournal } from '../../src/seals/verify-journal.ts';
import { entriesOf, isValid, type JournalSeals, startJournalSeals } from './driver/journal-seals.ts';

let journal: JournalSeals;
beforeAll(async () => {
  journal = await startJournalSeals();
});
afterAll(() => journal.stop());

describe('a verification', () => {
  it('that runs out of time or finds a hundred faults says where to go on', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(150));
    await journal.sealAll(tenant, 20);
    await journal.superuser.query(
      `begin; set local session_replication_role = replica;
       update ledger.journal_entries set rate = 2 where tenant_id = '${tenant.tenantId}'; commit`,
    );
    const work = { ...journal.work, stepSize: 40 };

    const first = await verifyJournal(work, tenant, {});
    const second = await verifyJournal(work, tenant, { from: first.next });

    expect(first.next).toBeDefined();
    expect(first.faults.length).toBeGreaterThanOrEqual(100);
    expect(second).toMatchObject({ next: undefined, entries: 150, sealed: 150 });
    const named = [...first.faults, ...second.faults].map(({ sequence }) => Number(sequence));
    expect(named).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));

    const hurried = await verifyJournal({ ...work, budgetMs: 0 }, tenant, {});
    expect(hurried).toMatchObject({ sealed: 40, next: { phase: 'seals' } });
  });

  it('gets through a backlog of entries with a hundred times as many rows of the queue before them', async () => {
    const tenant = journal.aTenant();
    await journal.superuser.query(
      `insert into ledger.journal_unsealed (tenant_id, recorded_at, entry_count)
       select $1, now() - number * interval '1 millisecond', 1 from generate_series(1, 150000) as number`,
      [tenant.tenantId],
    );
    await journal.book(tenant, entriesOf(1_000));

    expect(await journal.verify(tenant)).toMatchObject({
      faults: [],
      entries: 1_000,
      unsealed: 1_000,
      next: undefined,
    });
  });

  it('names the same seals in steps of any length, and none beside those that were touched', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(60));
    await journal.sealAll(tenant);
    const move = (from: number, to: number) =>
      `update ledger.journal_seals set sequence = ${to} where tenant_id = '${tenant.tenantId}' and sequence = ${from};`;
    await journal.superuser.query(
      `begin; set local session_replication_role = replica;
       ${move(16, 99)} ${move(17, 16)} ${move(99, 17)}
       update ledger.journal_seals set previous_hash = hash where tenant_id = '${tenant.tenantId}' and sequence in (32, 48);
       commit`,
    );

    for (const stepSize of [32, 33, 48, 1_000]) {
      const { faults } = await journal.verify(tenant, stepSize);

      const named = faults.map(({ kind, sequence }) => `${kind} ${sequence}`);
      expect([stepSize, named]).toEqual([
        stepSize,
        ['reordered 16', 'reordered 17', 'seal_changed 32', 'seal_changed 48'],
      ]);
    }
  });

  it('names a seal that was made to follow another one than that before it, with the key, wherever a step begins', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(20));
    await journal.sealAll(tenant);
    await journal.superuser.query(
      `update ledger.journal_chains set hash = decode(repeat('ab', 32), 'hex') where tenant_id = '${tenant.tenantId}'`,
    );
    await journal.book(tenant, entriesOf(20));
    await journal.sealAll(tenant);

    for (const stepSize of [32, 1_000]) {
      expect((await journal.verify(tenant, stepSize)).faults).toMatchObject([{ kind: 'seal_changed', sequence: 21n }]);
    }
  });

  it('is of the journal of the moment when it began, whatever is booked and sealed before it is done', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(50));
    await journal.sealAll(tenant, 20);
    await journal.book(tenant, entriesOf(30));
    const step = { ...journal.work, stepSize: 20, budgetMs: 0 };

    let found = await verifyJournal(step, tenant, {});
    for (let count = 0; found.next !== undefined; count++) {
      if (count < 6) await journal.book(tenant, entriesOf(10));
      await journal.seal(tenant, 25);
      found = await verifyJournal(step, tenant, { from: found.next });
      expect(found).toMatchObject({ faults: [], head: { sequence: 50n } });
    }

    expect(found).toMatchObject({ entries: 80, sealed: 50, unsealed: 30, oldestUnsealedAt: expect.any(String) });
    await journal.sealAll(tenant);
    expect(await journal.verify(tenant)).toMatchObject(isValid(140));
  });

  it('still finds what comes in by another way while it goes on', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(50));
    await journal.sealAll(tenant);
    const step = { ...journal.work, stepSize: 20, budgetMs: 0 };
    const first = await verifyJournal(step, tenant, {});

    await journal.book(tenant, entriesOf(1));
    await journal.superuser.query('delete from ledger.journal_unsealed where tenant_id = $1', [tenant.tenantId]);

    const rest = await verifyJournal({ ...step, budgetMs: 15_000 }, tenant, { from: first.next });
    expect(rest).toMatchObject({
      faults: [{ kind: 'inserted' }],
      entries: 50,
      sealed: 50,
      unsealed: 0,
      next: undefined,
    });
  });

  it('counts what the hands at work have booked and sealed by then', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(40));
    let isOver = false;
    const work = async (hand: () => Promise<unknown>) => {
      while (!isOver) await hand();
    };
    const hands = [work(() => journal.book(tenant, entriesOf(3))), work(() => journal.seal(tenant, 25))];

    for (let count = 0; count < 5; count++) {
      const found = await journal.verify(tenant, 16);
      expect(found.faults).toEqual([]);
      expect(found.entries).toBe(found.sealed + found.unsealed);
      expect(found.sealed).toBe(Number(found.head?.sequence ?? 0n));
    }

    isOver = true;
    await Promise.all(hands);
  }, 120_000);
});
