import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeCursor, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';
import { auditNewAccounts } from './driver/audited-accounts.ts';
import { cursorOf } from './driver/cursors.ts';
import { journalOf, noHeads, sealed, verify } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('the seals of the journal', () => {
  it('follow what is booked, edited and reversed', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const recorded = await record(tenant);
    await ledger.client.editExpense(tenant.owner, {
      expenseId: recorded.id,
      input: anExpense({ title: 'Two seats', amount: { currency: 'EUR', amountMinor: 5n } }),
      updateMask: ['title', 'amount'],
    });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: recorded.id });

    const found = await sealed(ledger, tenant);

    expect(found).toMatchObject({ faults: [], entries: 4n, sealed: 4n, unsealed: 0n, nextCursor: '' });
    expect(found.head).toMatchObject({ sequence: 4n, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await verify(ledger, other)).toMatchObject({ faults: [], entries: 0n, sealed: 0n, head: { sequence: 0n } });
  });

  it('hold whatever is booked, edited, reversed and imported at once by two processes', async () => {
    const tenants = [await ledger.tenant(), await ledger.tenant()];
    const second = await startLedger({ beside: ledger.database });
    const file = ['Date,Merchant,Amount', ...Array.from({ length: 600 }, (_, row) => `2025-01-15,Shop ${row},1.50`)];
    const imports = tenants.map((tenant) =>
      ledger.client.startImport(tenant.owner, uploadOf(Buffer.from(file.join('\n')), 'purchases.csv')),
    );
    const changes = Array.from({ length: 40 }, async (_, index) => {
      const tenant = tenants[index % 2]!;
      const [client, context] =
        index % 4 < 2 ? [ledger.client, tenant.owner] : [second.client, second.contextFor(tenant)];
      const { expense } = await client.recordExpense(context, { input: anExpense() });
      const input = anExpense({ amount: { currency: 'EUR', amountMinor: 7n } });
      await client.editExpense(context, { expenseId: expense!.id, input, updateMask: ['amount'] });
      await client.reverseExpense(context, { expenseId: expense!.id });
    });
    await Promise.all([...imports, ...changes]);

    for (const tenant of tenants) {
      // Of each expense the entry, its reversal, the next one and its reversal.
      await eventually(async () => expect((await verify(ledger, tenant)).entries).toBe(600n + 80n), {
        timeoutMs: 20_000,
      });
      expect(await sealed(ledger, tenant)).toMatchObject({ faults: [], entries: 680n, sealed: 680n });
    }
    await second.stop();
  }, 120_000);

  it('are told of by events that hold where the chain stands', async () => {
    const tenant = await ledger.tenant();
    await record(tenant);
    const { head } = await sealed(ledger, tenant);

    const announced = (await ledger.allEvents(tenant.tenantId)).filter(({ type }) => type.includes('journal.sealed'));

    expect(announced.at(-1)).toMatchObject({
      subject: tenant.tenantId,
      aggregateversion: 1,
      data: { sequence: '1', hash: head!.hash, count: 1, keyId: expect.any(String), signature: expect.any(String) },
    });
  });

  it('come for what was committed late as well, in the order of sealing', async () => {
    const tenant = await ledger.tenant();
    const writer = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
    await writer.connect();
    await writer.query('begin');
    await writer.query("select set_config('app.tenant_id', $1, true)", [tenant.tenantId]);
    await writer.query(bookedByHand(tenant.tenantId));
    await record(tenant);
    expect((await sealed(ledger, tenant)).sealed).toBe(1n);

    await writer.query('commit');
    await writer.end();

    await eventually(async () => expect((await sealed(ledger, tenant)).sealed).toBe(2n));
    const order = await ledger.query<{ is_backwards: boolean }>(
      `select first.entry_recorded_at > second.entry_recorded_at as is_backwards
       from ledger.journal_seals as first
       join ledger.journal_seals as second on second.tenant_id = first.tenant_id and second.sequence = 2
       where first.tenant_id = $1 and first.sequence = 1`,
      [tenant.tenantId],
    );
    expect(order).toEqual([{ is_backwards: true }]);
    expect((await verify(ledger, tenant)).faults).toEqual([]);
  });

  it('are reported as missing yet, with the time of the oldest entry that waits', async () => {
    const tenant = await ledger.tenant();
    await record(tenant);
    await sealed(ledger, tenant);
    const holder = new pg.Client({ connectionString: ledger.database.adminUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from ledger.journal_chains where tenant_id = $1 for update', [tenant.tenantId]);

    await record(tenant);

    const found = await verify(ledger, tenant);
    await holder.query('rollback');
    await holder.end();
    expect(found).toMatchObject({ faults: [], entries: 2n, sealed: 1n, unsealed: 1n });
    const [newest] = await ledger.query<{ recordedAt: Date }>(
      'select max(recorded_at) as "recordedAt" from ledger.journal_entries where tenant_id = $1',
      [tenant.tenantId],
    );
    expect(found.oldestUnsealedAt).toEqual(newest!.recordedAt);
    await sealed(ledger, tenant);
  });

  it('keep the head that somebody has kept', async () => {
    const tenant = await ledger.tenant();
    await record(tenant);
    const { head } = await sealed(ledger, tenant);
    await record(tenant);
    await sealed(ledger, tenant);
    const kept = { sequence: head!.sequence, hash: head!.hash };

    expect((await verify(ledger, tenant, kept)).faults).toEqual([]);
    expect((await verify(ledger, tenant, { ...kept, hash: '0'.repeat(64) })).faults).toMatchObject([
      { kind: 'head_mismatch', sequence: 1n },
    ]);
    expect((await verify(ledger, tenant, { ...kept, sequence: 9n })).faults).toMatchObject([
      { kind: 'seal_missing', sequence: 3n },
    ]);
  });

  it('are listed with their entries, page by page', async () => {
    const tenant = await ledger.tenant();
    const expenses = [await record(tenant), await record(tenant), await record(tenant)];
    await sealed(ledger, tenant);

    const items = await journalOf(ledger, tenant, 2);

    expect(items.map(({ seal }) => seal?.sequence)).toEqual([1n, 2n, 3n]);
    expect(items.map(({ entry }) => entry?.expenseId)).toEqual(expenses.map(({ id }) => id));
    expect(items[0]!.entry!.postings.map(({ line, amountMinor }) => [line, amountMinor])).toEqual([
      [1, 12_550n],
      [2, -12_550n],
    ]);
  });

  it('are for those who oversee the tenant', async () => {
    const tenant = await ledger.tenant();
    const request = { ...noHeads, cursor: '' };

    await expect(ledger.client.verifyJournal(tenant.member, request)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(ledger.client.listJournal(tenant.member, { page: undefined })).rejects.toMatchObject({
      kind: 'forbidden',
    });
    expect(await ledger.client.verifyJournal(tenant.analyst, request)).toMatchObject({ faults: [] });
    expect(await ledger.client.listJournal(tenant.analyst, { page: undefined })).toMatchObject({ items: [] });
    for (const wrong of [
      { cursor: 'nonsense' },
      { sequence: 1n, hash: 'zz' },
      { sequence: -1n, hash: 'a'.repeat(64) },
      { auditSequence: 1n, auditHash: 'zz' },
      { auditSequence: -1n, auditHash: 'a'.repeat(64) },
    ]) {
      await expect(ledger.client.verifyJournal(tenant.owner, { ...request, ...wrong })).rejects.toMatchObject({
        kind: 'invalid',
      });
    }
  });

  it.each([
    ...['2025-13-45T00:00:00.000000Z', '2025-02-30T00:00:00.000000Z', '0000-01-01T00:00:00.000000Z'],
    ...['2025-01-15T24:00:00.000000Z', '', 7, 'now', '2025-02-30 10:30:00.000000+00 BC'],
    ...['0000-01-15 10:30:00.000000+00 AD', '999999-01-15 10:30:00.000000+00 AD'],
    ...['infinity', '-infinity', '12026-01-15 10:30:00.000000+00 AD', '2024-02-29 10:30:00.000000+00 AD'],
    '2025-02-28 10:30:00.000000+00 BC',
  ])('refuse cursors with the instant %p, but where it may stand in a row', async (instant) => {
    const isStorable = /infinity|^(?:12026|2024|2025-02-28)/.test(`${instant}`);
    const tenant = await ledger.tenant();
    const [good, id, hash] = ['2025-01-15T10:30:00.123456Z', newId(), 'a'.repeat(64)];
    const newest = { sequence: '1', hash, sealedAt: good };
    const audit = { sequence: '0', hash: '0'.repeat(64), newest };
    const bound = { sequence: '1', hash, newest, audit, recordedAt: good };
    const position = {
      ...{ entries: 0, sealed: 0, unsealed: 0, oldest: good, expenses: 0, bound },
      ...{ auditEntries: 0, auditSealed: 0, auditUnsealed: 0 },
      ...{ phase: 'journal', after: { recordedAt: good, id } },
    };
    const verified = (wrong: object) => {
      const cursor = encodeCursor({ ...position, ...wrong }, 'VerifyJournal');
      return ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor });
    };
    const listed = (recordedAt: unknown) => {
      const cursor = cursorOf('ListJournal', {}, { recordedAt, id });
      return ledger.client.listJournal(tenant.owner, { page: { limit: 1, cursor } });
    };
    expect(await verified({})).toMatchObject({ faults: [] });
    expect(await listed(good)).toMatchObject({ items: [] });

    const isRefused = { kind: 'invalid', details: [{ code: 'cursor_invalid' }] };
    await expect(verified({ bound: { ...bound, recordedAt: instant } })).rejects.toMatchObject(isRefused);
    for (const ask of [
      () => verified({ oldest: instant }),
      () => verified({ bound: { ...bound, newest: { ...newest, sealedAt: instant } } }),
      () => verified({ bound: { ...bound, audit: { ...audit, newest: { ...newest, sealedAt: instant } } } }),
      () => verified({ after: { recordedAt: instant, id } }),
      () => verified({ phase: 'audit_trail', after: undefined, place: { id, recordedAt: instant } }),
      () => listed(instant),
    ]) {
      // Somebody may have written it into a row.
      if (isStorable) await expect(ask()).resolves.toMatchObject({});
      else await expect(ask()).rejects.toMatchObject(isRefused);
    }
  });

  it('cannot be changed by the service', async () => {
    const tenant = await ledger.tenant();
    await record(tenant);
    await sealed(ledger, tenant);
    const role = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
    await role.connect();

    for (const statement of [
      'update journal_seals set sequence = 2',
      'delete from journal_seals',
      'truncate journal_seals',
      'delete from journal_chains',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
    await role.end();
  });
});

/** An account with its opening balance, as SQL. */
const bookedByHand = (tenantId: string, entryId = newId()): string => `
  insert into ledger.accounts (tenant_id, id, name, kind, currency, opening_minor, opening_date, opening_entry_id)
  values ('${tenantId}', '${entryId}', '${entryId}', 'other', 'EUR', 100, '2025-01-15', '${entryId}');${auditNewAccounts(tenantId)};
  with entry as (
    insert into ledger.journal_entries
      (tenant_id, id, effective_date, kind, currency, amount_minor, rate, rate_source, rate_date)
    values ('${tenantId}', '${entryId}', '2025-01-15', 'opening', 'EUR', 100, 1, 'identity', '2025-01-15')
  )
  insert into ledger.postings (tenant_id, entry_id, line, ledger_account_id, currency, amount_minor)
  values ('${tenantId}', '${entryId}', 1, '${entryId}', 'EUR', 100),
    ('${tenantId}', '${entryId}', 2, '${ledgerAccounts.opening}', 'EUR', -100)`;

async function record(tenant: TestTenant) {
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
  return expense!;
}
