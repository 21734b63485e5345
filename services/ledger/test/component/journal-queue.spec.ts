import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JournalEntry } from '../../src/domain/journal-entry.ts';
import { entriesOf, isValid, type JournalSeals, startJournalSeals } from './driver/journal-seals.ts';
import { tamperWith } from './driver/past-triggers.ts';

let journal: JournalSeals;
beforeAll(async () => {
  journal = await startJournalSeals();
});
afterAll(() => journal.stop());

describe('the queue of the journal', () => {
  const junk: [string, string][] = [
    ['counts as many entries as can be', `(now(), 2147483647)`],
    ['counts fewer than none', `(now(), -2147483648)`],
    ['counts nothing', `(now(), null::integer)`],
    ['is of no instant', `('infinity', 1)`],
    ['is of an instant before all', `('-infinity', 1)`],
    ['is of an instant before Christ', `('2026-01-01 BC', 1)`],
    ['is of the last instant there is', `('294276-12-31 23:59:59.999999+00', 1)`],
  ];
  beforeAll(() =>
    journal.superuser.query('alter table ledger.journal_unsealed alter column entry_count drop not null'),
  );

  it.each(junk)('has the others sealed behind more rows than a batch has of which each %s', async (_, values) => {
    const tenant = journal.aTenant();
    await journal.book(tenant, entriesOf(2));
    await journal.superuser.query(
      `insert into ledger.journal_unsealed (tenant_id, recorded_at, entry_count)
       select $1, junk.at::timestamptz, junk.count
       from generate_series(1, 1500), (values ${values}) as junk (at, count)`,
      [tenant.tenantId],
    );
    await journal.book(tenant, entriesOf(3));

    await journal.sealAll(tenant);

    expect(await journal.verify(tenant)).toMatchObject(isValid(5));
  });

  it.each([
    ['1999-12-31 23:59:59.999999+00', '199912', "'1999-12-01+00') to ('2000-01-01+00'"],
    ['10000-01-01 00:00:00+00', '1000001', "'10000-01-01+00') to ('10000-02-01+00'"],
    ['0044-03-15 12:00:00+00 BC', '0044', "'0044-03-01+00 BC') to ('0044-04-01+00 BC'"],
  ])('has no entry sealed that is of %s, and the others behind it', async (instant, name, bounds) => {
    const tenant = journal.aTenant();
    const [forged, ...others] = entriesOf(4) as [JournalEntry, ...JournalEntry[]];
    await journal.book(tenant, [forged]);
    for (const table of ['journal_entries', 'postings']) {
      await journal.superuser.query(
        `create table ledger.${table}_${name} partition of ledger.${table} for values from (${bounds})`,
      );
    }
    await tamperWith(journal.superuser, tenant.tenantId, [
      `update ledger.journal_entries set recorded_at = '${instant}' where tenant_id = $1`,
      `update ledger.postings set recorded_at = '${instant}' where tenant_id = $1`,
      `update ledger.journal_unsealed set recorded_at = '${instant}' where tenant_id = $1`,
    ]);
    await journal.book(tenant, others);

    await journal.sealAll(tenant);

    const { faults, ...counts } = await journal.verify(tenant);
    expect(faults).toMatchObject([{ kind: 'inserted', entryId: forged.id }]);
    expect(counts).toMatchObject({ sealed: 3, unsealed: 0 });
  });

  it('has the others sealed where an entry was put in again before its seal', async () => {
    const tenant = journal.aTenant();
    const [copied, ...others] = entriesOf(3) as [JournalEntry, ...JournalEntry[]];
    await journal.book(tenant, [copied]);
    await journal.superuser.query(
      `set session_replication_role = replica;
       alter table ledger.journal_entries drop constraint journal_entries_pkey;
       create index on ledger.journal_entries (tenant_id, recorded_at, id);
       insert into ledger.journal_entries
       select entry.* from ledger.journal_entries as entry, generate_series(1, 40) where entry.id = '${copied.id}';
       set session_replication_role = origin`,
    );
    await journal.book(tenant, others);

    await journal.sealAll(tenant, 16);

    const { faults, ...counts } = await journal.verify(tenant);
    expect(faults).toMatchObject([{ kind: 'changed', entryId: copied.id }]);
    expect(counts).toMatchObject({ sealed: 3, unsealed: 0 });
  });
});
