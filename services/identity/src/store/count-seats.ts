import type { Session } from '@outlay/platform';

const count = {
  name: 'identity_count_seats',
  text: `
    select
      (select count(*) from memberships where memberships.tenant_id = $1) as members,
      (
        select count(*) from invitations
        where invitations.tenant_id = $1 and invitations.status = 'pending' and invitations.expires_at > $2
          and invitations.id is distinct from $3
      ) as invited`,
};

/** The members of the session's tenant, and the addresses whose invitation is open, but for one of them. */
export async function countSeats(
  session: Pick<Session, 'query'>,
  tenantId: string,
  { now, exceptInvitationId }: { now: Date; exceptInvitationId?: string },
): Promise<{ members: number; invited: number }> {
  const values = [tenantId, now, exceptInvitationId ?? null];
  const { rows } = await session.query<{ members: bigint; invited: bigint }>(count, values);
  return { members: Number(rows[0]?.members ?? 0), invited: Number(rows[0]?.invited ?? 0) };
}
