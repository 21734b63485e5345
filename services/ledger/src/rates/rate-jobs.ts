import { type JobWorkerOptions, type Logger, toTenantId } from '@outlay/platform';
import { z } from 'zod';
import { checkBookedRates } from './check-booked-rates.ts';
import { fetchPlatformRates, type RateFetching } from './fetch-platform-rates.ts';
import type { PlatformRateWork } from './import-platform-rates.ts';
import { addSpreadJob, findUnspread, spreadTask } from './platform-rate-store.ts';
import { addRestatementJob, restateTask } from './restatement-store.ts';
import { spreadPlatformRates } from './spread-platform-rates.ts';
import { type RestatementWork, workOffRestatement } from './work-off-restatement.ts';

/** A restatement, or an import that has to be told of, is taken up again when it has not gone forward for so long. */
const stalledMs = 60_000;

const dayMs = 24 * 3_600_000;

/** Made up for when every process was down at that time. */
const fetchOptions = { backfillPeriod: dayMs };

/**
 * The background work on rates: drawing the consequences of corrections, and fetching the platform's rates where a URL is
 * configured: hourly from when the ECB publishes, at 16:00 in Frankfurt, into the evening.
 */
export function createRateJobs(
  work: PlatformRateWork & RestatementWork & { logger: Logger },
  fetching: RateFetching | undefined,
) {
  const tasks = {
    [restateTask]: async (payload: unknown) => {
      const { tenant_id: tenantId, restatement_id: id } = restatementJob.parse(payload);
      await workOffRestatement(work, toTenantId(tenantId), id);
    },
    [spreadTask]: (payload: unknown) => spreadPlatformRates(work, spreadJob.parse(payload).import_id),
    check_rates: () => checkBookedRates(work),
    tend_rates: () => takeUpStalled(work),
    fetch_rates: async () => fetching && (await fetchPlatformRates(work, fetching)),
  };
  const timed = [
    { task: 'check_rates', match: '* * * * *' },
    { task: 'tend_rates', match: '* * * * *' },
    ...(fetching ? [{ task: 'fetch_rates', match: '20 14-20 * * *', options: fetchOptions }] : []),
  ];
  return { tasks, timed } satisfies Pick<JobWorkerOptions, 'tasks' | 'timed'>;
}

/** Jobs can be given up, or come too early to be added; what they are for is found by its own state. */
async function takeUpStalled({ database }: PlatformRateWork): Promise<void> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: string; id: string }>(stalledStatement, [stalledMs]),
  );
  for (const { tenant_id: tenantId, id } of rows) {
    await database.withTenant({ tenantId: toTenantId(tenantId) }, (session) => addRestatementJob(session, id));
  }
  await database.withGlobal(async (session) => {
    for (const id of await findUnspread(session, stalledMs)) await addSpreadJob(session, id);
  });
}

const stalledStatement = {
  name: 'find_stalled_restatements',
  text: `
select restatements.tenant_id, restatements.id from restatements
where restatements.status = 'pending' and restatements.progressed_at < now() - $1 * interval '1 millisecond'
order by restatements.progressed_at limit 100`,
};

const restatementJob = z.object({ tenant_id: z.uuid(), restatement_id: z.uuid() });
const spreadJob = z.object({ import_id: z.uuid() });
