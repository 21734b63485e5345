import type { Session } from '@outlay/platform';

export const jobsSchema = 'identity_jobs';
export const resetTask = 'mail_password_reset';

const addJob = {
  name: 'identity_add_reset_job',
  text: `select from ${jobsSchema}.add_job('${resetTask}', $1::json, max_attempts => 10)`,
};

/** Has a request for a new password answered if the session's transaction commits. */
export async function addResetJob(
  session: Pick<Session, 'query'>,
  request: { requestId: string; sealedEmail: string },
): Promise<void> {
  await session.query(addJob, [JSON.stringify({ request_id: request.requestId, sealed_email: request.sealedEmail })]);
}
