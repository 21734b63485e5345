import type { Session } from '@outlay/platform';

/** Until the transaction ends, no rebuild replaces this tenant's figures; others may go on projecting events. */
export async function shareFigures(session: Session): Promise<void> {
  await session.query(
    {
      name: 'reporting_share_figures',
      text: `select pg_advisory_xact_lock_shared(hashtextextended('reporting figures of ' || $1::text, 0))`,
    },
    [session.tenantId],
  );
}

/** Until the transaction ends, nobody else changes this tenant's figures. Reading them goes on. */
export async function takeFigures(session: Session): Promise<void> {
  await session.query(`select pg_advisory_xact_lock(hashtextextended('reporting figures of ' || $1::text, 0))`, [
    session.tenantId,
  ]);
}
