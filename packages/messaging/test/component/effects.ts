import type { Session } from '@outlay/platform';
import type { ReceivedEvent } from '../../src/consumer/received-event.ts';
import type { DatabaseFixture } from './database-fixture.ts';

type CategoryCreated = ReceivedEvent<'outlay.ledger.category.created.v1'>;

/** Gives the reporting schema a table in which handling an event twice would show: it counts how often each was handled. */
export async function createEffects(fixture: DatabaseFixture): Promise<void> {
  await fixture.admin(`
    set role outlay_owner;
    set search_path = reporting;
    create table effects (
      tenant_id uuid not null,
      event_id uuid not null,
      name text not null,
      times int not null,
      primary key (tenant_id, event_id)
    );
    call protect_tenant_table('effects');
    reset role;
    reset search_path;
  `);
}

/** Has the effect of one event. */
export async function countEffect(session: Session, event: CategoryCreated): Promise<void> {
  await session.query(
    `insert into effects (tenant_id, event_id, name, times) values ($1, $2, $3, 1)
     on conflict (tenant_id, event_id) do update set times = effects.times + 1`,
    [event.tenantId, event.id, event.data.category?.name],
  );
}

/** How often each event of a tenant was handled, by its id. */
export async function effectsOf(fixture: DatabaseFixture, tenantId: string): Promise<Record<string, number>> {
  const rows = await fixture.admin<{ event_id: string; times: number }>(
    'select event_id, times from reporting.effects where tenant_id = $1',
    [tenantId],
  );
  return Object.fromEntries(rows.map((row) => [row.event_id, row.times]));
}
