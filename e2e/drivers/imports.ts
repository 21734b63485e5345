import { eventually } from '@outlay/testkit';
import type { SignedIn } from './outlay-client.ts';

/** Uploads a file and waits until each of its rows has a fate. */
export const importFile = async (tenant: SignedIn, file: Buffer | string, headers: Record<string, string> = {}) => {
  const started = await tenant.call('POST', '/imports', new Uint8Array(Buffer.from(file)), {
    'content-type': 'text/csv',
    ...headers,
  });
  if (started.status !== 202) throw new Error(`import answered ${started.status}: ${JSON.stringify(started.body)}`);
  return finishedImport(tenant, started.body.id);
};

/** Polls an import until it is over. */
export const finishedImport = (tenant: SignedIn, id: string) =>
  eventually(
    async () => {
      const { body } = await tenant.call('GET', `/imports/${id}`);
      if (body.status === 'processing') throw new Error(`${body.rows_done} of ${body.rows_total} rows are done`);
      return body;
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  );
