import { access, notifications } from '@outlay/contracts';
import { defineService } from '@outlay/platform';
import { listDeliveries } from './list-deliveries.ts';
import type { NotificationsDatabase } from './notifications-database.ts';

/** The RPCs of notifications. */
export function notificationsService(database: NotificationsDatabase) {
  return defineService(notifications.NotificationsServiceService, access.notifications, {
    listDeliveries: (context, request) => listDeliveries(database, context, request.page),
  });
}
