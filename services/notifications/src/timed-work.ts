import { cleanInbox } from '@outlay/messaging';
import { type Clock, ensureMonthPartitions, type Logger, toTenantId } from '@outlay/platform';
import { z } from 'zod';
import { createJobWorker, type JobWorker } from './job-worker.ts';
import type { NotificationsDatabase } from './notifications-database.ts';
import { rescheduleOverdue } from './reschedule-overdue.ts';
import { type SendMailParts, sendMail } from './send-mail.ts';
import { jobsSchema, sendMailTask } from './send-mail-job.ts';

/** The partitions are looked after nightly, and made up for when every process was down at that time. */
const crontab = `
  * * * * * reschedule-overdue
  17 2 * * * keep-months ?fill=1d
`;

const mailsAtOnce = 4;

/** Longer than any message can stay in the bus. */
const inboxMonths = 3;

const sendMailPayload = z.object({ tenantId: z.string().transform(toTenantId), deliveryId: z.uuid() });

/** The jobs of this service: mails, and what is due at certain times. */
export function createTimedWork(options: {
  databaseUrl: string;
  mail: SendMailParts;
  database: NotificationsDatabase;
  clock: Clock;
  logger: Logger;
}): JobWorker {
  const { databaseUrl, mail, database, clock, logger } = options;
  return createJobWorker({
    databaseUrl,
    schema: jobsSchema,
    crontab,
    concurrency: mailsAtOnce,
    tasks: {
      [sendMailTask]: (payload) => sendMail(mail, sendMailPayload.parse(payload)),
      'reschedule-overdue': async () => {
        await rescheduleOverdue(database, clock());
      },
      'keep-months': async () => {
        await ensureMonthPartitions(database, clock());
        await cleanInbox(database, monthsBefore(clock(), inboxMonths));
      },
    },
    logger,
  });
}

function monthsBefore(instant: Date, months: number): Date {
  return new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth() - months, 1));
}
