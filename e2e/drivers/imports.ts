import { eventually } from '@outlay/testkit';
import type { SignedIn } from './outlay-client.ts';

/** Uploads a file and waits until each of its rows has a fate. */
export const importFile = async (
  tenant: SignedIn,
  file: Buffer | string,
  { headers = {}, timeoutMs }: { headers?: Record<string, string>; timeoutMs?: number } = {},
) => {
  const body = new Uint8Array(Buffer.from(file));
  const { data } = await tenant.api.post('/imports', { body, contentType: 'text/csv', headers });
  return finishedImport(tenant, data.id, timeoutMs);
};

/** Polls an import until it is over. */
export const finishedImport = (tenant: SignedIn, id: string, timeoutMs = 60_000) =>
  eventually(
    async () => {
      const { data } = await tenant.api.get('/imports/{id}', { path: { id } });
      if (data.status === 'processing') throw new Error(`${data.rows_done} of ${data.rows_total} rows are done`);
      return data;
    },
    { timeoutMs, intervalMs: 100 },
  );
