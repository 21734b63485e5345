import { createJobWorker, createSilentLogger, newId, type TenantId, toTenantId } from '@outlay/platform';
import { createTestDatabase, eventually, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { deliveryPolicy } from '../../src/delivery-policy.ts';
import type { MailProvider } from '../../src/mail/mail-provider.ts';
import { createNotificationsDatabase, type NotificationsDatabase } from '../../src/notifications-database.ts';
import { onPersonErased } from '../../src/on-person-erased.ts';
import { type DeliveryRequest, requestDelivery } from '../../src/request-delivery.ts';
import { rescheduleOverdue } from '../../src/reschedule-overdue.ts';
import { sealedToken } from '../../src/sealed-token.ts';
import { sendMail } from '../../src/send-mail.ts';
import { jobsSchema } from '../../src/send-mail-job.ts';
import { createLetterhead } from '../../src/templates/letterhead.ts';
import { sealToken, sharedSecret } from './token-box.ts';

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
  /** Asks for the mail of a password reset, whose token is good for an hour. */
  requestReset(token?: string): Promise<Requested & { userId: string }>;
  /** Has the person forgotten, as when the event comes. */
  erase(person: { tenantId: TenantId; userId: string }): Promise<void>;
  /** Makes one attempt, as the job does; `secret` is the services' shared one unless told. */
  attempt(delivery: Requested, provider: MailProvider, secret?: string): Promise<void>;
  /** Runs jobs when they are due, up to two days on. Answers when there is nothing left to do. */
  runToTheEnd(delivery: Requested, provider: MailProvider): Promise<void>;
  statusOf(delivery: Requested): Promise<Status>;
  /** When the delivery's job is to run; undefined where it has none. */
  jobAt(delivery: Requested): Promise<Date | undefined>;
  /** Takes the job away, as a crash of the process that held it does. */
  loseJobOf(delivery: Requested): Promise<void>;
  rescheduleOverdue(): Promise<number>;
  administer(statement: string, values: unknown[]): Promise<pg.QueryResult>;
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
  const from = 'Outlay <no-reply@outlay.test>';
  const attempt = (delivery: Requested, provider: MailProvider, secret = sharedSecret) => {
    const letterhead = createLetterhead({ publicUrl: 'https://outlay.test', serviceClientSecret: secret });
    return sendMail({ database, provider, from, letterhead, policy: deliveryPolicy, clock: now, logger }, delivery);
  };

  const jobAt = async ({ deliveryId }: Requested): Promise<Date | undefined> => {
    const { rows } = await admin.query(`select job.run_at from ${jobsSchema}.jobs as job where job.key = $1`, [
      `send-mail ${deliveryId}`,
    ]);
    return rows[0]?.run_at;
  };

  const loseJobOf = async ({ deliveryId }: Requested): Promise<void> => {
    await admin.query(`select ${jobsSchema}.remove_job($1)`, [`send-mail ${deliveryId}`]);
  };

  const requestFor = async (tenantId: TenantId, request: DeliveryRequest) => {
    await database.withTenant({ tenantId }, (session) => requestDelivery(session, request, now()));
    const { rows } = await admin.query('select id from notifications.deliveries where tenant_id = $1', [tenantId]);
    return { tenantId, deliveryId: rows[0].id };
  };

  return {
    server,
    database,
    now,
    pass: (ms) => {
      time += ms;
    },
    request: () => requestFor(toTenantId(newId()), welcome()),
    async requestReset(token = 'a-token') {
      const tenantId = toTenantId(newId());
      const reset = resetOf(token, new Date(now().getTime() + 3_600_000));
      return { ...(await requestFor(tenantId, reset)), userId: reset.userId };
    },
    erase: ({ tenantId, userId }) =>
      database.withTenant({ tenantId }, (session) =>
        onPersonErased(session, { data: { userId, erasedAt: now(), invitationIds: [] } }),
      ),
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
    administer: (statement, values) => admin.query(statement, values),
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

const resetOf = (token: string, expiresAt: Date) => {
  const [userId, requestId] = [newId(), newId()];
  return {
    kind: 'password_reset' as const,
    aboutId: userId,
    slot: requestId,
    userId,
    recipient: { name: 'Mara', address: 'mara@acme.example' },
    parameters: {
      firstName: 'Mara',
      email: 'mara@acme.example',
      expiresAt,
      token: sealedToken(sealToken(token, requestId), requestId),
    },
  };
};
