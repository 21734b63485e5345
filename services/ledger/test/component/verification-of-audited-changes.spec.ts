import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { named, type Places, tenantWithAll } from './driver/forged-subjects.ts';
import type { Forgery } from './driver/forgery.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let forgery: Forgery;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, forgery, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

interface Change {
  set: string;
  /** Where there are several rows of it. */
  where?: string;
  /** What the fault says at its end. */
  says: string;
  isUnaudited?: boolean;
}

/** Makes one change after the other, each in what was there before, and holds what is said of it. */
async function eachIsNamed(pick: keyof Places, changes: readonly Change[]): Promise<void> {
  const [{ tenant, places }, other] = [await tenantWithAll(ledger), await tenantWithAll(ledger)];
  const place = places[pick];
  const rows = await forgery.read(place);
  const subject = place.entity === 'expense' ? 'expense' : 'reference';
  for (const { set, where, says, isUnaudited = false } of changes) {
    await forgery.set(place, set, where);
    const { faults } = await verify(ledger, tenant);
    const kind = `${subject}_${isUnaudited ? 'unaudited' : 'changed'}`;
    const fault = { ...named(place), kind, detail: expect.stringMatching(new RegExp(`${says}$`)) };
    expect({ set, faults }).toEqual({ set, faults: [expect.objectContaining(fault)] });
    await forgery.restore(place, rows);
  }
  expect((await verify(ledger, tenant)).faults).toEqual([]);
  expect((await verify(ledger, other.tenant)).faults).toEqual([]);
}

/** Instants that no clock has shown; the last one has the digits of what was there. */
const otherEras = (column: string): string[] => [
  ...["'infinity'", "'-infinity'", "'0044-03-15 12:00:00+00 BC'", "'12026-01-01 00:00:00+00'"],
  `(coalesce(${column}, now())::text || ' BC')::timestamptz`,
];

const inOtherEras = (column: string, says: string, where?: string): Change[] =>
  otherEras(column).map((instant) => ({ set: `${column} = ${instant}`, says, ...(where && { where }) }));

const ofExpense: Change[] = [
  ...inOtherEras('created_at', ': created'),
  ...inOtherEras('updated_at', ': updated'),
  { set: "title = 'Gift'", says: 'audit entry says: title' },
  { set: "description = ''", says: ': description' },
  { set: 'project_id = gen_random_uuid()', says: ': project' },
  { set: "payment_method = ''", says: ': payment method' },
  { set: "tags = '{}'", says: ': tags' },
  { set: "tags = '{supplies,office}'", says: ': tags' },
  { set: "vendor = 'Friend'", says: ': vendor' },
  { set: 'user_id = gen_random_uuid()', says: ': owner' },
  { set: 'import_id = gen_random_uuid()', says: ': import' },
  { set: "created_at = created_at - interval '1 millisecond'", says: ': created' },
  { set: "created_at = created_at - interval '1 day'", says: ': created' },
  { set: "updated_at = updated_at - interval '1 microsecond'", says: ': updated' },
  { set: "updated_at = updated_at - interval '2 years'", says: ': updated' },
  { set: "title = 'Gift', vendor = 'Friend', updated_at = now()", says: ': title, vendor, updated' },
  {
    set: "title = 'Gift', amount_minor = 1",
    says: 'journal entry says: amount. The expense is not what its audit entry says: title',
  },
  { set: 'version = version + 1', says: ': version' },
  {
    set: "version = version + 1, updated_at = updated_at + interval '1 hour'",
    ...{ says: 'no entry of the last change of the expense', isUnaudited: true },
  },
];

const ofReference: Change[] = [
  ...inOtherEras('archived_at', ': archived'),
  ...inOtherEras('created_at', ': created'),
  { set: "name = 'Elsewhere'", says: ': name' },
  { set: "description = 'Changed'", says: ': description' },
  { set: "archived_at = '2025-01-01'", says: ': archived' },
  { set: "created_at = '2025-01-01'", says: ': created' },
  { set: "name = 'Elsewhere', description = 'Changed'", says: ': name, description' },
  { set: 'version = version - 1', says: ': version' },
  { set: 'version = version + 1', says: 'no entry of the last change of the [a-z]+', isUnaudited: true },
];

const newest = 'revision = 2';
const earlier = 'revision = 1';
const ofRate: Change[] = [
  ...inOtherEras('recorded_at', ': recorded', newest),
  ...inOtherEras('recorded_at', ': earlier revisions', earlier),
  { set: 'rate = 9', where: newest, says: ': rate' },
  { set: 'rate = null', where: newest, says: ': rate' },
  { set: "base_currency = 'CHF'", where: newest, says: ': currencies' },
  { set: "quote_currency = 'CHF'", where: newest, says: ': currencies' },
  { set: "rate_date = '2025-01-16'", where: newest, says: ': date' },
  { set: "provider = ''", where: newest, says: ': provider' },
  { set: 'actor_id = gen_random_uuid()', where: newest, says: ': actor' },
  { set: "actor_kind = 'service'", where: newest, says: ': actor' },
  { set: "recorded_at = recorded_at - interval '1 minute'", where: newest, says: ': recorded' },
  { set: 'revision = 3', where: newest, says: 'no entry of the last change of the exchange rate', isUnaudited: true },
  ...[
    ...['rate = 9', "base_currency = 'CHF'", "quote_currency = 'CHF'", "rate_date = '2025-01-16'", "provider = ''"],
    ...['actor_id = gen_random_uuid()', "actor_kind = 'service'"],
    "recorded_at = recorded_at - interval '1 microsecond'",
  ].map((set) => ({ set, where: earlier, says: ': earlier revisions' })),
];

const ofMapping: Change[] = [
  ...inOtherEras('created_at', ': created'),
  ...inOtherEras('updated_at', ': updated'),
  { set: "name = 'Elsewhere'", says: ': name' },
  ...[
    "'{}'",
    "'[]'",
    "'null'",
    "mapping - 'kind'",
    "mapping - 'delimiter'",
    'mapping || \'{"header_line": 4}\'',
    'mapping || \'{"amounts": "spent_positive"}\'',
    'mapping || \'{"anything": 1}\'',
    "mapping - 'columns'",
    'mapping || \'{"columns": null}\'',
    'mapping || \'{"columns": []}\'',
    'mapping || \'{"columns": {"Note": "description", "Project": "project"}}\'',
    'mapping || \'{"columns": {"Note": "description"}}\'',
    'mapping || \'{"columns": {"Note": "description", "Project": null, "Date": "date"}}\'',
    'mapping || \'{"columns": {"Note": {"a": 1}, "Project": null}}\'',
    "mapping - 'defaults'",
    'mapping || \'{"defaults": null}\'',
    'mapping || \'{"defaults": {"currency": "EUR", "account": "Till"}}\'',
    'mapping || \'{"defaults": {"currency": "USD", "account": "Till", "vendor": "Friend"}}\'',
    "jsonb_build_object('kind', repeat('x', 3000000))",
  ].map((mapping) => ({ set: `mapping = ${mapping}`, says: ': rules' })),
  { set: 'version = version - 1', says: ': version' },
  { set: 'version = version + 1', says: 'no entry of the last change of the import mapping', isUnaudited: true },
];

describe('a superuser who changes what the journal does not say', () => {
  it('of an expense is found out, whatever it is', () => eachIsNamed('recorded', ofExpense));

  it('of an edited expense is found out, whatever it is', () =>
    eachIsNamed('edited', [
      ...ofExpense,
      { set: 'version = 1', says: ': version' },
      { set: "vendor = 'Friend', version = 1", says: ': vendor, version' },
    ]));

  it('of an import mapping is found out, whatever it is', () => eachIsNamed('mapping', ofMapping));

  it('of a category is found out, whatever it is', () =>
    eachIsNamed('category', [
      ...ofReference,
      { set: 'parent_id = null', says: ': parent' },
      { set: 'parent_id = gen_random_uuid()', says: ': parent' },
    ]));

  it('of an account is found out, whatever it is', () =>
    eachIsNamed('account', [
      ...ofReference,
      { set: "kind = 'bank'", says: ': kind' },
      { set: "currency = 'USD'", says: ': currency' },
    ]));

  it('of a project is found out, whatever it is', () =>
    eachIsNamed('project', [
      ...ofReference,
      { set: "code = ''", says: ': code' },
      { set: 'archived_at = null', says: ': archived' },
    ]));

  it('of a rate is found out, whatever it is', () => eachIsNamed('rate', ofRate));

  it('is found out, also where the service has changed it once more since', async () => {
    const { tenant, places } = await tenantWithAll(ledger);
    const { owner } = tenant;
    const { recorded, edited, category, account } = places;
    const forged = { [recorded.id]: "title = 'Gift'", [edited.id]: 'project_id = gen_random_uuid()' };
    for (const place of [recorded, edited]) await forgery.set(place, forged[place.id]!);
    for (const place of [category, account]) await forgery.set(place, "name = 'Elsewhere'");

    for (const { id } of [recorded, edited]) {
      const input = anExpense({ title: 'Paper', vendor: 'Third', amount: { currency: 'EUR', amountMinor: 77n } });
      await ledger.client.editExpense(owner, {
        expenseId: id,
        updateMask: ['title', 'vendor', 'amount', 'project_id'],
        input,
      });
    }
    await ledger.client.reverseExpense(owner, { expenseId: edited.id });
    const rename = { input: { name: 'Roads', parentId: '', description: '' }, updateMask: ['name'] };
    await ledger.client.updateCategory(owner, { categoryId: category.id, ...rename });
    await ledger.client.updateAccount(owner, {
      accountId: account.id,
      input: undefined,
      updateMask: [],
      archived: true,
    });
    await sealed(ledger, tenant);

    const { faults } = await verify(ledger, tenant);
    const between = expect.stringMatching(/^The [a-z]+ was changed between two of its audit entries/);
    expect(faults).toHaveLength(4);
    for (const place of [recorded, edited, category, account]) {
      const kind = place.entity === 'expense' ? 'expense_changed' : 'reference_changed';
      expect(faults).toContainEqual(expect.objectContaining({ ...named(place), kind, detail: between }));
    }
  });

  it('of the tenant is found out, where it is the currency of its books', async () => {
    const { tenant } = await tenantWithAll(ledger);
    const empty = await ledger.tenant();
    await forgery.run('update ledger.tenants set currency_fixed_at = null where tenant_id = $1', [tenant.tenantId]);
    const fixed = { entity: 'tenant', entityId: tenant.tenantId, kind: 'reference_changed' };
    expect((await verify(ledger, tenant)).faults).toMatchObject([{ ...fixed, detail: /: currency fixed$/ }].map(said));

    await forgery.run("update ledger.tenants set currency = 'CHF', currency_fixed_at = now() where tenant_id = $1", [
      tenant.tenantId,
    ]);

    expect((await verify(ledger, tenant)).faults).toMatchObject([{ ...fixed, detail: /: currency$/ }].map(said));
    expect((await verify(ledger, empty)).faults).toEqual([]);
  });
});

const said = <T extends { detail: RegExp }>(fault: T) => ({ ...fault, detail: expect.stringMatching(fault.detail) });
