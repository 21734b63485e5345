import { keepMonths } from '@outlay/messaging';
import { type Clock, createJobWorker, type JobWorker, type Logger, toTenantId } from '@outlay/platform';
import { z } from 'zod';
import type { NotificationsDatabase } from './notifications-database.ts';
import { rescheduleOverdue } from './reschedule-overdue.ts';
import { type SendMailParts, sendMail } from './send-mail.ts';
import { jobsSchema, sendMailTask } from './send-mail-job.ts';

const mailsAtOnce = 4;

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
    concurrency: mailsAtOnce,
    tasks: {
      [sendMailTask]: (payload) => sendMail(mail, sendMailPayload.parse(payload)),
      'reschedule-overdue': () => rescheduleOverdue(database, clock()),
      'keep-months': () => keepMonths(database, clock()),
    },
    timed: [
      { task: 'reschedule-overdue', match: '* * * * *' },
      // Made up for when every process was down at that time.
      { task: 'keep-months', match: '17 2 * * *', options: { backfillPeriod: 24 * 3_600_000 } },
    ],
    logger,
  });
}
