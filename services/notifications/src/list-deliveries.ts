import type { notifications } from '@outlay/contracts';
import { type PageRequest, parsePage, type TenantContext, toPage } from '@outlay/platform';
import { z } from 'zod';
import type { NotificationsDatabase } from './notifications-database.ts';
import { plainSubjectOf } from './personal-kinds.ts';

// Ids are ordered by time, so the primary key gives the order.
const position = z.strictObject({ id: z.uuid() });

/**
 * The mails of a tenant, newest first, one page at a time; those about how somebody signs in without recipient, and with
 * the plain subject of their kind. Throws what parsePage throws.
 */
export async function listDeliveries(
  database: NotificationsDatabase,
  context: TenantContext,
  wanted: PageRequest | undefined,
): Promise<notifications.ListDeliveriesResponse> {
  const { limit, after } = parsePage(wanted, position);
  const found = await database.withTenant(
    context,
    ({ prisma }) =>
      prisma.delivery.findMany({
        where: { tenantId: context.tenantId, ...(after && { id: { lt: after.id } }) },
        orderBy: { id: 'desc' },
        take: limit + 1,
        omit: { parameters: true },
      }),
    { readOnly: true },
  );
  const { entries, page } = toPage(found, limit, ({ id }) => ({ id }));
  return {
    deliveries: entries.map((delivery) => ({
      id: delivery.id,
      kind: delivery.kind,
      ...addressed(delivery),
      provider: delivery.provider ?? '',
      status: delivery.status,
      attempts: delivery.attempts,
      error: delivery.error ?? '',
      providerMessageId: delivery.providerMessageId ?? '',
      createdAt: delivery.createdAt,
      sentAt: delivery.sentAt ?? undefined,
    })),
    page,
  };
}

/** To whom a mail goes and what about, as far as it may be told. */
function addressed({ kind, recipient, subject }: { kind: string; recipient: string | null; subject: string }) {
  const plainSubject = plainSubjectOf(kind);
  return plainSubject === undefined
    ? { recipient: recipient ?? '', subject }
    : { recipient: '', subject: plainSubject };
}
