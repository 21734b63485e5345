import { createJobWorker, createSilentLogger, newId, type TenantId, toTenantId } from '@outlay/platform';
import { createTestDatabase, eventually, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { deliveryPolicy } from '../../src/delivery-policy.ts';
import type { MailProvider } from '../../src/mail/mail-provider.ts';
import { createNotificationsDatabase, type NotificationsDatabase } from '../../src/notifications-database.ts';
import { requestDelivery } from '../../src/request-delivery.ts';
import { rescheduleOverdue } from '../../src/reschedule-overdue.ts';
import { sendMail } from '../../src/send-mail.ts';
import { jobsSchema } from '../../src/send-mail-job.ts';

export interface Requested {
  tenantId: TenantId;
  deliveryId: string;
}

interface Status {
  status: string;
  attempts: number;
  outcomes: string[];
}

/** Sending mail with a clock of the test's own and jobs that run when the test says so. */
export interface MailDesk {
  server: TestDatabase;
  database: NotificationsDatabase;
  /** The time the sender goes by; starts at noon. */
  now(): Date;
  pass(ms: number): void;
  /** Asks for a welcome mail, which nobody sends yet. */
  request(): Promise<Requested>;
  /** Makes one attempt, as the job does. */
  attempt(delivery: Requested, provider: MailProvider): Promise<void>;
  /** Runs jobs when they are due, up to two days on. Answers when there is nothing left to do. */
  runToTheEnd(delivery: Requested, provider: MailProvider): Promise<void>;
  statusOf(delivery: Requested): Promise<Status>;
  /** When the delivery's job is to run; undefined where it has none. */
  jobAt(delivery: Requested): Promise<Date | undefined>;
  /** Takes the job away, as a crash of the process that held it does. */
  loseJobOf(delivery: Requested): Promise<void>;
  rescheduleOverdue(): Promise<number>;
  close(): Promise<void>;
}

export async function openMailDesk(): Promise<MailDesk> {
  const logger = createSilentLogger();
  const server = await createTestDatabase();
  const databaseUrl = server.urlFor('notifications');
  const database = createNotificationsDatabase(databaseUrl, logger);
  const admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  await installJobs(databaseUrl);
  let time = Date.parse('2025-01-15T12:00:00Z');
  const now = () => new Date(time);
  const attempt = (delivery: Requested, provider: MailProvider) =>
    sendMail(
      { database, provider, from: 'Outlay <no-reply@outlay.test>', policy: deliveryPolicy, clock: now, logger },
      delivery,
    );

  const jobAt = async ({ deliveryId }: Requested): Promise<Date | undefined> => {
    const { rows } = await admin.query(`select job.run_at from ${jobsSchema}.jobs as job where job.key = $1`, [
      `send-mail ${deliveryId}`,
    ]);
    return rows[0]?.run_at;
  };

  const loseJobOf = async ({ deliveryId }: Requested): Promise<void> => {
    await admin.query(`select ${jobsSchema}.remove_job($1)`, [`send-mail ${deliveryId}`]);
  };

  return {
    server,
    database,
    now,
    pass: (ms) => {
      time += ms;
    },
    async request() {
      const tenantId = toTenantId(newId());
      await database.withTenant({ tenantId }, (session) => requestDelivery(session, welcome(), now()));
      const { rows } = await admin.query('select id from notifications.deliveries where tenant_id = $1', [tenantId]);
      return { tenantId, deliveryId: rows[0].id };
    },
    attempt,
    async runToTheEnd(delivery, provider) {
      for (let runAt = await jobAt(delivery); runAt; runAt = await jobAt(delivery)) {
        await loseJobOf(delivery);
        time = Math.max(time, runAt.getTime());
        await attempt(delivery, provider);
      }
    },
    async statusOf({ deliveryId }) {
      const { rows } = await admin.query(
        `select
          delivery.status, delivery.attempts,
          array(
            select attempt.outcome from notifications.delivery_attempts as attempt
            where attempt.delivery_id = delivery.id order by attempt.attempt
          ) as outcomes
        from notifications.deliveries as delivery
        where delivery.id = $1`,
        [deliveryId],
      );
      return rows[0];
    },
    jobAt,
    loseJobOf,
    rescheduleOverdue: () => rescheduleOverdue(database, now()),
    async close() {
      await database.close();
      await admin.end();
      await server.drop();
    },
  };
}

/** The worker installs its schema when it starts; with no tasks it leaves the jobs alone. */
async function installJobs(databaseUrl: string): Promise<void> {
  const worker = createJobWorker({
    databaseUrl,
    schema: jobsSchema,
    tasks: {},
    logger: createSilentLogger(),
  });
  await worker.start();
  await eventually(() => worker.check());
  await worker.stop();
}

const welcome = () => ({
  kind: 'welcome' as const,
  aboutId: newId(),
  slot: 'registration',
  recipient: { name: 'Mara "M" Lind', address: 'mara@acme.example' },
  parameters: { firstName: 'Mara', tenantName: 'Acme', subdomain: 'acme', email: 'mara@acme.example' },
});
