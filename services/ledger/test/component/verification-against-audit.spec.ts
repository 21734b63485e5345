import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import {
  createDatabase,
  createSilentLogger,
  type NamedStatement,
  newId,
  nilId,
  type Session,
  systemContext,
  toTenantId,
} from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import type pg from 'pg';
import { compareExpenses } from '../../src/seals/compare-expenses.ts';
import { auditedReferences, compareReferences } from '../../src/seals/compare-references.ts';
import { forgeryBy, type Place } from './driver/forgery.ts';
import { ratesOf } from './driver/rates.ts';
import { noHeads, sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';
import { uploadOf } from './import-driver.ts';

let ledger: TestLedger;
let superuser: pg.Client;
let forgery: ReturnType<typeof forgeryBy>;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, superuser, stop } = await startLedgerAndSuperuser());
  forgery = forgeryBy(superuser);
});
afterAll(() => stop());

/** Something that can be forged, as faults name it. */
interface Forged extends Place {
  entity: string;
}

/** A tenant with expenses, what they refer to and a rate; most of them were changed since they were made. */
async function tenantWithAll() {
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
  const recorded = await record(tenant, { categoryId: category!.id, accountId: account!.id });
  const edited = await record(tenant);
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
    },
  };
}

type Places = Awaited<ReturnType<typeof tenantWithAll>>['places'];

async function record(tenant: TestTenant, input: Partial<contract.ExpenseInput> = {}): Promise<string> {
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense(input) });
  return expense!.id;
}

/** How a fault names something. */
function named({ entity, id }: Forged) {
  if (entity === 'expense') return { expenseId: id, accountId: '', entity: '', entityId: '' };
  return { entryId: '', expenseId: '', accountId: entity === 'account' ? id : '', entity, entityId: id };
}

/** What the seals of the audit trail have found, and what else was. */
const byChain = ({ faults }: contract.VerifyJournalResponse) => ({
  ofTrail: faults.filter(({ kind }) => kind.startsWith('audit_')),
  others: faults.filter(({ kind }) => !kind.startsWith('audit_')),
});

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
  const [{ tenant, places }, other] = [await tenantWithAll(), await tenantWithAll()];
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

const ofExpense: Change[] = [
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
  { set: "updated_at = 'infinity'", says: ': updated' },
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

describe('a superuser who changes what the journal does not say', () => {
  it('of an expense is found out, whatever it is', () => eachIsNamed('recorded', ofExpense));

  it('of an edited expense is found out, whatever it is', () =>
    eachIsNamed('edited', [
      ...ofExpense,
      { set: 'version = 1', says: ': version' },
      { set: "vendor = 'Friend', version = 1", says: ': vendor, version' },
    ]));

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
    const { tenant, places } = await tenantWithAll();
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
    const { tenant } = await tenantWithAll();
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

describe('a superuser who takes something away or puts it in', () => {
  it.each(['above', 'category', 'account', 'project', 'rate'] as const)('is found out (%s)', async (pick) => {
    const [{ tenant, places }, other] = [await tenantWithAll(), await tenantWithAll()];
    const place = places[pick];
    const rows = await forgery.read(place);
    const { references } = await verify(ledger, tenant);
    expect(references).toBe(5n);

    await forgery.remove(place);
    expect(await verify(ledger, tenant)).toMatchObject({
      ...{ faults: [{ kind: 'reference_missing', ...named(place) }], references: 4n },
    });
    await forgery.insert(place.table, rows);
    expect((await verify(ledger, tenant)).faults).toEqual([]);

    const invented = { ...place, id: newId() };
    const otherwise = place.entity === 'exchange_rate' ? { rate_date: '2025-02-01' } : { name: 'Invented' };
    await forgery.insert(
      place.table,
      rows.map((row) => ({ ...row, id: invented.id, ...otherwise })),
    );
    expect((await verify(ledger, tenant)).faults).toMatchObject([{ kind: 'reference_unaudited', ...named(invented) }]);
    expect((await verify(ledger, other.tenant)).faults).toEqual([]);
  });

  it('is found out, where it was deleted and is there again', async () => {
    const { tenant } = await tenantWithAll();
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Passing', code: '', description: '' });
    const place: Forged = { table: 'projects', entity: 'project', tenantId: tenant.tenantId, id: project!.id };
    const rows = await forgery.read(place);
    await ledger.client.deleteProject(tenant.owner, { projectId: project!.id });
    expect((await verify(ledger, tenant)).faults).toEqual([]);

    await forgery.insert('projects', rows);

    expect((await verify(ledger, tenant)).faults).toMatchObject([
      { kind: 'reference_unaudited', ...named(place), detail: expect.stringContaining('was deleted') },
    ]);
  });

  it('is found out, where it is what the audit trail says of the last change, or all it says', async () => {
    const { tenant, places } = await tenantWithAll();
    const audited = [places.recorded, places.edited, places.category, places.project, places.rate];

    for (const place of audited) {
      const kind = place.entity === 'expense' ? 'expense_unaudited' : 'reference_unaudited';
      const trail = { ...place, table: 'audit_entries' };
      const rows = await forgery.read(trail);
      for (const which of [`after ->> 'version' = '${rows.length}'`, 'true']) {
        await forgery.remove(trail, which);
        const { ofTrail, others } = byChain(await verify(ledger, tenant));
        expect(others).toMatchObject([{ kind, ...named(place) }]);
        expect(new Set(ofTrail.map((fault) => fault.kind))).toEqual(new Set(['audit_missing']));
        await forgery.restore(trail, rows);
      }
    }
    expect((await verify(ledger, tenant)).faults).toEqual([]);
  });

  it.each(['null', "'null'", '\'"nonsense"\'', "'[]'", "'{}'", `'{"version":"no","tags":7,"createdAt":7}'`])(
    'is found out, and stops no verification, where it is what audit entries say (%s)',
    async (state) => {
      const { tenant, places } = await tenantWithAll();
      const forged = [places.recorded, places.edited, places.category, places.account, places.project, places.rate];
      const trail = (place: Forged) => ({ ...place, table: 'audit_entries' });

      for (const place of forged) await forgery.set(trail(place), `before = ${state}, after = ${state}`);
      await forgery.set(trail(places.above), "entity_id = 'nobody'");

      const { ofTrail, others } = byChain(await verify(ledger, tenant));
      for (const place of [...forged, places.above])
        expect(others).toContainEqual(expect.objectContaining(named(place)));
      expect(others).toHaveLength(forged.length + 1);
      expect(new Set(ofTrail.map((fault) => fault.kind))).toEqual(new Set(['audit_changed']));
    },
  );

  it('is named for each of many, by answers that stay short', async () => {
    const tenant = await ledger.tenant();
    const ids: string[] = [];
    for (let made = 0; made < 240; made++) {
      const { category } = await ledger.client.createCategory(tenant.owner, { name: `Category ${made}` });
      ids.push(category!.id);
    }
    const half = ids.slice(0, 120);
    await forgery.run('delete from ledger.categories where tenant_id = $1 and id = any ($2)', [tenant.tenantId, half]);
    await forgery.run("update ledger.categories set description = 'Forged' where tenant_id = $1", [tenant.tenantId]);

    const found: string[] = [];
    for (let cursor: string | undefined; cursor !== ''; ) {
      const answer = await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: cursor ?? '' });
      expect(answer.faults.length).toBeLessThan(200);
      for (const { entityId } of answer.faults) found.push(entityId);
      if (answer.nextCursor === '') expect(answer.references).toBe(120n);
      cursor = answer.nextCursor;
    }

    expect(found.toSorted()).toEqual(ids.toSorted());
  });
});

describe('the comparison', () => {
  it.each(['expense', ...auditedReferences] as const)(
    'looks up audit entries of each %s by its id alone',
    async (what) => {
      const { tenant } = await tenantWithAll();
      const url = ledger.database.urlFor('ledger');
      const database = createDatabase({ url, applicationName: 'plans', logger: createSilentLogger() });
      const conditions = await database.withTenant(systemContext(toTenantId(tenant.tenantId)), async (session) => {
        const found: string[] = [];
        const query: Session['query'] = async (statement: NamedStatement, values: unknown[] = []) => {
          if (statement.name.startsWith('compare_')) {
            await session.query(`prepare looked_at as ${statement.text}`);
            const given = values.map((value) => `'${Array.isArray(value) ? `{${value}}` : value}'`).join(', ');
            const { rows } = await session.query<{ 'QUERY PLAN': string }>(`explain execute looked_at (${given})`);
            const lines = rows.map((row) => row['QUERY PLAN']);
            found.push(
              ...lines.flatMap((line, at) => (/ on audit_entries_\d/.test(line) ? lines[at + 1]!.trim() : [])),
            );
          }
          return session.query(statement, values);
        };
        const spy = Object.assign(Object.create(session), { query, tenantId: session.tenantId }) as Session;
        const until = new Date().toISOString();
        if (what === 'expense') await compareExpenses(spy, nilId, 1_000, until);
        else await compareReferences(spy, what, nilId, 1_000, until);
        return found;
      });
      await database.close();

      expect(conditions.length).toBeGreaterThan(0);
      for (const condition of conditions) {
        expect(condition).toMatch(/^Index Cond: .*entity = '[a-z_]+'::text\) AND \(entity_id >= /);
      }
    },
  );
});

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
    await record(tenant, texts);
    const reversed = await record(tenant, texts);
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
