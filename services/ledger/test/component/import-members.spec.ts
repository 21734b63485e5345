import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, type Role, type TenantContext } from '@outlay/platform';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports();
});
afterAll(() => driver.stop());

const beside = (context: TenantContext, role: Role): TenantContext => ({
  ...context,
  actor: { kind: 'user', id: newId() },
  role,
});

const train = 'date,merchant,amount\n2025-01-13,Deutsche Bahn,29.90\n';
const trainAndTea = `${train}2025-01-14,Tea,1.50\n`;
const byCard = 'date,merchant,amount,card\n2025-01-13,Deutsche Bahn,29.90,Company\n';

const ownersOf = async ({ tenantId }: TenantContext): Promise<string[]> => {
  const { rows } = await driver.admin.query(
    "select user_id from ledger.expenses where tenant_id = $1 and status = 'posted' order by id",
    [tenantId],
  );
  return rows.map(({ user_id: id }) => id);
};

/** As who imports what their files say that was imported before members had claims of their own. */
const asBefore = ({ tenantId }: TenantContext) =>
  driver.admin.query('update ledger.imports set claims_own = false where tenant_id = $1', [tenantId]);

describe("a member's purchase without an account", () => {
  it.each([
    ['in the same file', train],
    ['in another file', trainAndTea],
  ])('is booked beside the equal one of a colleague %s, and once', async (_, file) => {
    const owner = await driver.tenant();
    const [anna, ben] = [beside(owner, 'member'), beside(owner, 'member')];

    const first = await driver.take(anna, train);
    const seen = await driver.preview(ben, file);
    const second = await driver.take(ben, file);
    const again = [await driver.take(ben, file), await driver.take(anna, train), await driver.take(ben, train)];

    expect([first.imported, second.duplicates]).toEqual([1, 0]);
    expect(second.imported).toBe(second.rowsTotal);
    expect(seen).toMatchObject({ fresh: second.rowsTotal, preview: { warnings: [] } });
    expect(again.map(({ imported }) => imported)).toEqual([0, 0, 0]);
    expect((await ownersOf(owner)).filter((id) => id === anna.actor.id)).toHaveLength(1);
    expect(await driver.spent(await driver.tenant())).toEqual({});
  });

  it('comes once with equal ones of their own file, and again after the import was taken back', async () => {
    const member = beside(await driver.tenant(), 'member');
    const twice = `${train}2025-01-13,Deutsche Bahn,29.90\n`;

    const first = await driver.take(member, twice);
    const again = await driver.take(member, train);
    await driver.undo(member, first.id);
    const anew = await driver.take(member, twice);

    expect([first.imported, again.imported, anew.imported]).toEqual([2, 0, 2]);
  });

  it('is their own also where an owner or an admin brings the equal one', async () => {
    const owner = await driver.tenant();
    const [admin, member] = [beside(owner, 'admin'), beside(owner, 'member')];

    const taken = [await driver.take(owner, train), await driver.take(admin, train), await driver.take(member, train)];
    const other = await driver.take(beside(member, 'member'), '\ndate,merchant,amount\n2025-01-14,Tea,1.50\n');
    const after = await driver.take(admin, trainAndTea);

    expect(taken.map(({ imported }) => imported)).toEqual([1, 0, 1]);
    expect([other.imported, after.imported]).toEqual([1, 1]);
    expect(await ownersOf(owner)).toEqual([owner.actor.id, member.actor.id, expect.anything(), admin.actor.id]);
  });

  it('is no other one where an owner sends the very file of the member', async () => {
    const owner = await driver.tenant();
    const member = beside(owner, 'member');
    await driver.take(member, trainAndTea);

    const again = await driver.take(owner, trainAndTea);
    const colleague = await driver.take(beside(owner, 'member'), trainAndTea);

    expect(again).toMatchObject({ imported: 0, duplicates: 2 });
    expect(colleague).toMatchObject({ imported: 2 });
    expect((await ownersOf(owner)).slice(0, 2)).toEqual([member.actor.id, member.actor.id]);
  });

  it('is known to them in another role too', async () => {
    const member = beside(await driver.tenant(), 'member');
    await driver.take(member, train);

    const asAdmin = await driver.take({ ...member, role: 'admin' }, trainAndTea);
    const asMember = await driver.take(member, `${trainAndTea}2025-01-15,Bread,2.50\n`);

    expect([asAdmin.imported, asAdmin.duplicates]).toEqual([1, 1]);
    expect([asMember.imported, asMember.duplicates]).toEqual([1, 2]);
  });

  it("goes on to be known where it was claimed for all, and no more swallows a colleague's", async () => {
    const member = beside(await driver.tenant(), 'member');
    await driver.take({ ...member, role: 'admin' }, train);
    await asBefore(member);

    const again = await driver.take(member, trainAndTea);
    const colleague = await driver.take(beside(member, 'member'), train);

    expect([again.imported, again.duplicates]).toEqual([1, 1]);
    expect(colleague.imported).toBe(1);
  });
});

it('what has an id of its source is booked once for the tenant, without an account too', async () => {
  const owner = await driver.tenant();
  const called = (name: string) => `date,merchant,amount,${name}\n2025-01-13,Deutsche Bahn,29.90,T-1\n`;
  const withId = called('unique transaction id');
  const first = await driver.take(beside(owner, 'member'), withId);

  const again = await driver.take(beside(owner, 'member'), `${withId}\n`);
  const asReference = await driver.take(beside(owner, 'admin'), called('reference'));

  expect([first.imported, again.imported, asReference.imported]).toEqual([1, 0, 0]);
  expect([again.duplicates, asReference.duplicates]).toEqual([1, 1]);
});

it('what is paid from an account is booked once for the tenant, whoever brings it', async () => {
  const owner = await driver.tenant();
  const first = await driver.take(owner, byCard);

  const [asMember, asAdmin] = [
    await driver.take(beside(owner, 'member'), `${byCard}\n`),
    await driver.take(beside(owner, 'admin'), byCard),
  ];

  expect([first.imported, asMember.imported, asAdmin.imported]).toEqual([1, 0, 0]);
  expect((await driver.rows(beside(owner, 'admin'), asMember.id)).map(({ fate }) => fate)).toEqual(['duplicate']);
});
