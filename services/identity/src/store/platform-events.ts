import { type CallerContext, newId, type Session, toJson } from '@outlay/platform';

const insert = {
  name: 'identity_insert_platform_event',
  text: `
    insert into platform_events (id, recorded_at, kind, actor_kind, actor_id, client_address, user_agent, details)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
};

/** Notes what was done to the platform as a whole, and by whom: somebody who runs it, or a service by itself. */
export async function insertPlatformEvent(
  session: Pick<Session, 'query'>,
  { actor, client }: Pick<CallerContext, 'actor' | 'client'>,
  event: { kind: 'signing_key.rotated'; details: Readonly<Record<string, string | boolean>>; at: Date },
): Promise<void> {
  const { kind, details, at } = event;
  const place = [client?.address ?? '', client?.userAgent ?? ''];
  await session.query(insert, [newId(), at, kind, actor.kind, actor.id, ...place, toJson(details)]);
}
