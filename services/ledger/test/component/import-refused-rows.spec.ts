import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Reservations, startReservations } from './import-reservations-driver.ts';

let on: Reservations;
beforeAll(async () => {
  on = await startReservations();
});
afterAll(() => on.stop());
afterEach(() => on.expectNothingLeft());

it('an import whose refused rows could be booked by now leaves them be', async () => {
  const tenant = await on.tenantOn({ expenses_total: { limit: 3, mode: 'hard' } });
  const rows = ['date;merchant;amount;currency', '2025-01-10;Shop;1.00;GBP', '2025-01-10;Store;1.00;USD'].join('\n');
  const { id } = await on.send(tenant, rows);
  await on.dieBooking(tenant, id, -3);
  await on.admin.query(
    `insert into ledger.exchange_rates (tenant_id, id, revision, base_currency, quote_currency, rate, rate_date,
       actor_kind, actor_id)
     values ($1, gen_random_uuid(), 1, 'USD', 'GBP', 0.8, '2025-01-10', 'user', 'somebody')`,
    [tenant.tenantId],
  );
  for (let made = 0; made < 2; made++) await on.make(tenant, 'expenses_total');

  await on.workOff(tenant, id);

  expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 1, refused: 1 });
  expect(await on.rows(tenant, id, 'refused')).toMatchObject([{ line: 3, code: 'exchange_rate_missing' }]);
});

it.each([
  ['projects', 'date;merchant;amount;project', { projects: { limit: 1, mode: 'hard' } }],
  ['accounts', 'date;merchant;amount;account', { accounts: { limit: 1, mode: 'hard' } }],
  ['projects', 'date;merchant;amount;project', { expenses_per_project: { limit: 1, mode: 'hard' } }],
] as const)(
  'an import that may make nothing needs no places for %s that are gone (%s, %j)',
  async (metric, head, limits) => {
    const tenant = await on.tenantOn(limits);
    await on.make(tenant, metric, 'Gone');
    const rows = Array.from({ length: 40 }, (_, row) => `2025-01-10;Shop ${row};1.00;${row < 2 ? 'Gone' : ''}`);
    const { id } = await on.send(tenant, [head, ...rows].join('\n'));
    await on.admin.query('update ledger.imports set makes_references = false where id = $1', [id]);
    await on.dieSurveying(tenant, id);
    await on.archive(tenant, metric, 'Gone');
    await on.make(tenant, metric, 'Other');

    await on.workOff(tenant, id);

    expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 38, refused: 2 });
    const refused = { code: 'reference_unknown' };
    expect(await on.rows(tenant, id, 'refused')).toMatchObject([refused, refused]);
  },
);

it('an import that may make nothing books nothing to what somebody makes anew of a name that was gone', async () => {
  const tenant = await on.tenantOn({ expenses_per_project: { limit: 3, mode: 'hard' } });
  await on.make(tenant, 'projects', 'Gone');
  const rows = Array.from({ length: 40 }, (_, row) => `2025-01-10;Shop ${row};1.00;${row < 2 ? 'Gone' : ''}`);
  const { id } = await on.send(tenant, ['date;merchant;amount;project', ...rows].join('\n'));
  await on.admin.query('update ledger.imports set makes_references = false where id = $1', [id]);
  await on.dieSurveying(tenant, id);
  await on.archive(tenant, 'projects', 'Gone');
  await on.dieBooking(tenant, id, 1, { surveyed: true });
  await on.make(tenant, 'projects', 'Gone');

  await on.workOff(tenant, id);

  expect(await on.find(tenant, id)).toMatchObject({ status: 'completed', imported: 38, refused: 2 });
  expect(await on.bookedTo(tenant, 'projects', 'Gone')).toMatchObject([{ expenses: 0 }, { expenses: 0 }]);
});
