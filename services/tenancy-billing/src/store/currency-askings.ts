import type { TenancyPrisma, TenancySession } from './database.ts';

/** How long others wait for an asking: longer than the ledger's answer may take. A crash leaves it to run out. */
const awaitedSeconds = 2;

/**
 * Notes that the ledger is about to be asked for a currency of the session's tenant, which is locked. Answers the asking's
 * number: it is the newest, which makes those before it count no more.
 */
export async function beginAsking(session: TenancySession): Promise<bigint> {
  const { rows } = await session.query<{ asking: string }>(
    `update tenants
     set currency_asking = tenants.currency_asking + 1,
       currency_asked_until = clock_timestamp() + make_interval(secs => $2)
     where tenants.tenant_id = $1
     returning tenants.currency_asking::text as asking`,
    [session.tenantId, awaitedSeconds],
  );
  return BigInt(rows[0]?.asking ?? 0);
}

/** Notes that the settings and the books have one currency. Answers false where an asking has begun since. */
export async function endAsking(session: TenancySession, asking: bigint): Promise<boolean> {
  const { rowCount } = await session.query(
    'update tenants set currency_asked_until = null where tenants.tenant_id = $1 and tenants.currency_asking = $2',
    [session.tenantId, asking],
  );
  return rowCount === 1;
}

/** Has nobody wait any longer for an asking that came to nothing, or whose answer is not known; it is to be settled. */
export async function leaveAsking(session: TenancySession, asking: bigint): Promise<void> {
  await session.query(
    `update tenants set currency_asked_until = least(tenants.currency_asked_until, clock_timestamp())
     where tenants.tenant_id = $1 and tenants.currency_asking = $2 and tenants.currency_asked_until is not null`,
    [session.tenantId, asking],
  );
}

/** Whether an asking was left, so that the books may have another currency than the settings. */
export async function isAskingLeft(session: TenancySession): Promise<boolean> {
  const { rows } = await session.query<{ isLeft: boolean }>(
    `select tenants.currency_asked_until is not null as "isLeft" from tenants where tenants.tenant_id = $1`,
    [session.tenantId],
  );
  return rows[0]?.isLeft ?? false;
}

/** Tenants whose asking was left, the longest one first. */
export async function listLeftAskings(prisma: TenancyPrisma, now: Date, count: number): Promise<string[]> {
  const rows = await prisma.tenant.findMany({
    where: { currencyAskedUntil: { lte: now } },
    orderBy: { currencyAskedUntil: 'asc' },
    select: { tenantId: true },
    take: count,
  });
  return rows.map(({ tenantId }) => tenantId);
}
