import { type Session, unavailable } from '@outlay/platform';

/**
 * Until the transaction ends, no rebuild replaces this tenant's figures; others may go on projecting events. Throws
 * unavailable `rebuild_under_way` at once while one does: waiting here would hold up the other tenants' events.
 */
export async function shareFigures(session: Session): Promise<void> {
  const { rows } = await session.query<{ shared: boolean }>(
    {
      name: 'reporting_share_figures',
      text: `select pg_try_advisory_xact_lock_shared(hashtextextended('reporting figures of ' || $1::text, 0)) as shared`,
    },
    [session.tenantId],
  );
  if (!rows[0]?.shared) throw unavailable('rebuild_under_way', 'The figures are being rebuilt');
}

/** Until the transaction ends, nobody else changes this tenant's figures. Reading them goes on. */
export async function takeFigures(session: Session): Promise<void> {
  await session.query(`select pg_advisory_xact_lock(hashtextextended('reporting figures of ' || $1::text, 0))`, [
    session.tenantId,
  ]);
}
