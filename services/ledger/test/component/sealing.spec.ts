import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSilentLogger, newId, type TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import fc from 'fast-check';
import { type JournalEntry, reversalOf } from '../../src/domain/journal-entry.ts';
import { createSealer } from '../../src/seals/sealer.ts';
import { entriesOf, isValid, type JournalSeals, startJournalSeals } from './driver/journal-seals.ts';

let journal: JournalSeals;
beforeAll(async () => {
  journal = await startJournalSeals();
});
afterAll(() => journal.stop());

describe('sealing', () => {
  it('goes on batch by batch, whatever the size of what was written at once', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(25));
    await journal.book(tenant, entriesOf(3));

    const sizes: Awaited<ReturnType<typeof journal.seal>>[] = [];
    for (let round = 0; round < 4; round++) sizes.push(await journal.seal(tenant, 10));

    expect(sizes).toEqual([10, 10, 5, 3]);
    expect(await journal.verify(tenant)).toMatchObject(isValid(28));
  });

  it('is done once, though many do it at the same moment', async () => {
    const tenant = journal.aTenant();
    for (let count = 0; count < 20; count++) await journal.book(tenant, entriesOf(5));

    const sealed = await Promise.all(Array.from({ length: 12 }, () => journal.seal(tenant, 10)));
    await journal.sealAll(tenant);

    expect(sealed.filter((count) => count === 'busy').length).toBeGreaterThan(0);
    expect(await journal.verify(tenant)).toMatchObject(isValid(100));
  });

  it('is all or nothing: what is cut off half-way is done again', async () => {
    const tenant = journal.aTenant();
    let cuts = 0;
    await journal.whileCutOff(async () => {
      for (let round = 0; round < 30; round++) {
        await journal.book(tenant, entriesOf(20)).catch(() => undefined);
        await journal.seal(tenant, 15).catch(() => {
          cuts += 1;
        });
      }
    });
    await journal.sealAll(tenant);

    const { rows } = await journal.superuser.query<{ count: number }>(
      'select count(*)::int as count from ledger.journal_entries where tenant_id = $1',
      [tenant.tenantId],
    );
    expect(cuts).toBeGreaterThan(0);
    expect(await journal.verify(tenant)).toMatchObject(isValid(rows[0]!.count));
  });

  it('goes on behind the farther head where somebody turned the chain back', async () => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(2));
    await journal.sealAll(tenant);
    await journal.superuser.query('update ledger.journal_chains set sequence = 1 where tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect((await journal.verify(tenant)).faults).toMatchObject([{ kind: 'head_mismatch' }]);

    await journal.book(tenant, entriesOf(2));
    await journal.sealAll(tenant);

    expect(await journal.verify(tenant)).toMatchObject(isValid(4));
  });

  it(
    'leaves nothing out, in whatever order tenants book, take back and are sealed',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              who: fc.constantFrom(0, 1),
              what: fc.constantFrom('one', 'many', 'reverse', 'seal', 'verify'),
              size: fc.integer({ min: 1, max: 30 }),
            }),
            { minLength: 5, maxLength: 25 },
          ),
          async (commands) => {
            const tenants = [journal.aTenant(), journal.aTenant()];
            const booked: JournalEntry[][] = [[], []];
            const inForce: JournalEntry[][] = [[], []];
            for (const { who, what, size } of commands) {
              const tenant = tenants[who]!;
              if (what === 'seal') await journal.seal(tenant, size);
              else if (what === 'verify') expect((await journal.verify(tenant, 16 + size)).faults).toEqual([]);
              else {
                const taken = what === 'reverse' ? inForce[who]!.pop() : undefined;
                const made = taken ? [reversalOf(taken, newId())] : entriesOf(what === 'many' ? size : 1);
                await journal.book(tenant, made);
                booked[who]!.push(...made);
                if (!taken) inForce[who]!.push(...made);
              }
            }

            for (const [who, tenant] of tenants.entries()) {
              await journal.sealAll(tenant, 7);
              expect(await journal.verify(tenant, 17)).toMatchObject(isValid(booked[who]!.length));
            }
          },
        ),
        { numRuns: 12 },
      ),
    60_000,
  );
});

describe('a sealer', () => {
  it('works off a backlog in large batches, and lets nobody wait for the end of it', async () => {
    const [first, second] = [journal.aTenant(), journal.aTenant()].toSorted((left, right) =>
      left.tenantId < right.tenantId ? -1 : 1,
    );
    await journal.book(first!, entriesOf(200));
    await journal.book(second!, entriesOf(1));

    const sealer = createSealer({ ...journal.work, batchSize: 10, logger: createSilentLogger() });
    await sealer.start?.();
    await eventually(async () => {
      expect(await journal.verify(first!)).toMatchObject(isValid(200));
      expect(await journal.verify(second!)).toMatchObject(isValid(1));
    });
    await sealer.stop?.();

    const { rows: batches } = await journal.superuser.query<{ count: number; before: boolean }>(
      `select count(*)::int as count, seal.sealed_at < other.sealed_at as before
       from ledger.journal_seals as seal
       join ledger.journal_seals as other on other.tenant_id = $2
       where seal.tenant_id = $1 group by seal.sealed_at, other.sealed_at order by seal.sealed_at`,
      [first!.tenantId, second!.tenantId],
    );
    expect(batches.map(({ count }) => count)).toEqual([10, 40, 10, 40, 10, 40, 10, 40]);
    expect(batches.filter(({ before }) => before)).toHaveLength(2);
  });
});

describe('a sealer beside chains that cannot be lengthened', () => {
  it('lets no step take longer than its time, and what failed takes smaller ones', async () => {
    const [slow, other] = [journal.aTenant(), journal.aTenant()];
    await journal.book(slow, entriesOf(40));
    await journal.book(other, entriesOf(1));
    // A step of four ends in time, and one of thirty-two does not.
    await journal.superuser.query(
      `create function ledger.dawdle() returns trigger language plpgsql as $$
         begin perform pg_sleep(0.1); return new; end $$;
       create trigger dawdle before insert on ledger.journal_seals
         for each row when (new.tenant_id = '${slow.tenantId}') execute function ledger.dawdle()`,
    );
    const failures: unknown[] = [];
    const logger = Object.assign(createSilentLogger(), { warn: (said: unknown) => failures.push(said) });
    const sealer = createSealer({ ...journal.work, batchSize: 32, pollMs: 5, stepTimeoutMs: 1_000, logger });

    await sealer.start?.();
    await eventually(
      async () => {
        expect(await journal.verify(other)).toMatchObject(isValid(1));
        expect(await journal.verify(slow)).toMatchObject(isValid(40));
      },
      { timeoutMs: 30_000 },
    );
    await sealer.stop?.();
    await journal.superuser.query('drop trigger dawdle on ledger.journal_seals; drop function ledger.dawdle()');

    expect(failures[0]).toMatchObject({ error: { kind: 'deadline_exceeded' }, tenant_id: slow.tenantId });
  });

  it('tries what has failed behind all others, until one fails again', async () => {
    const [first, second, other] = [journal.aTenant(), journal.aTenant(), journal.aTenant()].toSorted((left, right) =>
      left.tenantId < right.tenantId ? -1 : 1,
    ) as [TenantContext, TenantContext, TenantContext];
    const rounds: string[][] = [];
    let isFailing = true;
    const database: typeof journal.database = {
      ...journal.database,
      withSystem: (work, options) => {
        rounds.push([]);
        return journal.database.withSystem(work, options);
      },
      withTenant: async (context, work, options) => {
        rounds.at(-1)?.push(context.tenantId);
        if (isFailing && context.tenantId !== other.tenantId) throw new Error('it fails');
        return journal.database.withTenant(context, work, options);
      },
    };
    for (const tenant of [first, second]) await journal.book(tenant, entriesOf(1));
    const sealer = createSealer({ ...journal.work, database, pollMs: 5, logger: createSilentLogger() });

    await sealer.start?.();
    await eventually(() => expect(rounds.flat()).toContain(second.tenantId));
    for (let count = 1; count <= 10; count++) {
      await journal.book(other, entriesOf(1));
      await eventually(async () => expect(await journal.verify(other)).toMatchObject(isValid(count)));
    }
    const triedAgain = rounds.slice(1);
    await eventually(() => {
      for (const { tenantId } of [first, second]) expect(rounds.slice(1).flat()).toContain(tenantId);
    });
    isFailing = false;
    for (const tenant of [first, second]) {
      await eventually(async () => expect(await journal.verify(tenant)).toMatchObject(isValid(1)));
    }
    await sealer.stop?.();

    const isOther = (tenantId: string) => tenantId === other.tenantId;
    expect(triedAgain.filter((turns) => !turns.slice(0, -1).every(isOther))).toEqual([]);
  });
});

describe('a journal that is older than its seals', () => {
  it('is sealed as well', async () => {
    const tenant = journal.aTenant();
    const file = new URL('../../migrations/0103_journal-seals.sql', import.meta.url);
    const [up = '', down = ''] = (await readFile(file, 'utf8')).split('-- Down Migration');
    const asOwner = (statements: string) =>
      journal.superuser.query(
        `begin; set local role outlay_owner; set local search_path = ledger; ${statements}; commit`,
      );
    await asOwner(down);
    await journal.book(tenant, entriesOf(12));
    await journal.book(tenant, entriesOf(1));

    await asOwner(up);

    expect(await journal.verify(tenant)).toMatchObject({ faults: [], entries: 13, sealed: 0, unsealed: 13 });
    await journal.sealAll(tenant, 5);
    expect(await journal.verify(tenant)).toMatchObject(isValid(13));
  });
});
