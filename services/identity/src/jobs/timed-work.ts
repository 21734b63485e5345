import { keepMonths } from '@outlay/messaging';
import { type Clock, createJobWorker, type JobWorker, type Logger } from '@outlay/platform';
import { z } from 'zod';
import type { Identity } from '../application/identity.ts';
import type { ResetRequest } from '../application/request-password-reset.ts';
import type { IdentityDatabase } from '../store/database.ts';
import { jobsSchema, resetTask } from '../store/reset-jobs.ts';

/** Made up for when every process was down at that time. */
const nightly = { backfillPeriod: 24 * 3_600_000 };

/** The timed work of this service. */
export function createTimedWork(options: {
  databaseUrl: string;
  identity: Identity;
  database: IdentityDatabase;
  clock: Clock;
  logger: Logger;
}): JobWorker {
  const { databaseUrl, identity, database, clock, logger } = options;
  return createJobWorker({
    databaseUrl,
    schema: jobsSchema,
    tasks: {
      keep_months: () => keepMonths(database, clock()),
      purge_expired: () => identity.purgeExpired(clock()),
      rotate_signing_keys: () => identity.rotateDueSigningKeys(),
      distribute_sign_in_failures: () => identity.distributeSignInFailures(),
      [resetTask]: (payload) => identity.mailPasswordReset(readResetRequest(payload)),
    },
    timed: [
      { task: 'keep_months', match: '11 2 * * *', options: nightly },
      { task: 'purge_expired', match: '23 3 * * *', options: nightly },
      { task: 'rotate_signing_keys', match: '41 2 * * *', options: nightly },
      { task: 'distribute_sign_in_failures', match: '* * * * *' },
    ],
    logger,
  });
}

const resetRequest = z.object({ request_id: z.uuid(), sealed_email: z.base64() });

function readResetRequest(payload: unknown): ResetRequest {
  const { request_id: requestId, sealed_email: sealedEmail } = resetRequest.parse(payload);
  return { requestId, sealedEmail };
}
