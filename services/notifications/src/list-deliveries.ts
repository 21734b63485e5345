import type { notifications, PageRequest } from '@outlay/contracts';
import { invalid, isUuid, type TenantContext } from '@outlay/platform';
import type { NotificationsDatabase } from './notifications-database.ts';

const limitDefault = 50;
const limitMax = 200;

/**
 * The mails of a tenant, newest first, one page at a time. Throws invalid `limit_invalid` on a `limit` outside 1 to
 * 200, and `cursor_invalid` on a `cursor` that no page gave.
 */
export async function listDeliveries(
  database: NotificationsDatabase,
  context: TenantContext,
  page: PageRequest | undefined,
): Promise<notifications.ListDeliveriesResponse> {
  const limit = parseLimit(page?.limit ?? 0);
  const before = parseCursor(page?.cursor ?? '');
  const found = await database.withTenant(
    context,
    // Ids are ordered by time, so the primary key gives the order.
    ({ prisma }) =>
      prisma.delivery.findMany({
        where: { tenantId: context.tenantId, ...(before && { id: { lt: before } }) },
        orderBy: { id: 'desc' },
        take: limit + 1,
        omit: { parameters: true },
      }),
    { readOnly: true },
  );
  const shown = found.slice(0, limit);
  const hasMore = found.length > limit;
  return {
    deliveries: shown.map((delivery) => ({
      id: delivery.id,
      kind: delivery.kind,
      recipient: delivery.recipient,
      subject: delivery.subject,
      provider: delivery.provider ?? '',
      status: delivery.status,
      attempts: delivery.attempts,
      error: delivery.error ?? '',
      providerMessageId: delivery.providerMessageId ?? '',
      createdAt: delivery.createdAt,
      sentAt: delivery.sentAt ?? undefined,
    })),
    page: { nextCursor: hasMore ? toCursor(shown.at(-1)?.id) : '', hasMore, limit },
  };
}

function parseLimit(limit: number): number {
  if (limit === 0) return limitDefault;
  if (limit < 1 || limit > limitMax) throw invalid('limit', 'limit_invalid', `must be 1 to ${limitMax}`);
  return limit;
}

function toCursor(id: string | undefined): string {
  return Buffer.from(id ?? '').toString('base64url');
}

function parseCursor(cursor: string): string | undefined {
  if (cursor === '') return undefined;
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!isUuid(id)) throw invalid('cursor', 'cursor_invalid', 'must come from the page before');
  return id;
}
