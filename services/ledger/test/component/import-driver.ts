import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ledger } from '@outlay/contracts';
import {
  createDatabase,
  createSilentLogger,
  type Role,
  systemContext,
  type TenantContext,
  toTenantId,
} from '@outlay/platform';
import { createTestDatabase, eventually, newTenant } from '@outlay/testkit';
import pg from 'pg';
import { createImports } from '../../src/imports/create-imports.ts';

/** The import part of the ledger on a database of its own, driven as its callers do; without a worker, files only wait. */
export async function startImports(options: { withWorker?: boolean } = {}) {
  const { withWorker = true } = options;
  const testDatabase = await createTestDatabase();
  const databaseUrl = testDatabase.urlFor('ledger');
  const logger = createSilentLogger();
  const database = createDatabase({ url: databaseUrl, applicationName: 'import test', logger });
  const admin = new pg.Pool({ connectionString: testDatabase.adminUrl, max: 4 });
  admin.on('error', () => undefined);
  const work = { database, databaseUrl, clock: () => new Date(), logger };
  const imports = createImports({ ...work, ensureTenant: async () => undefined });
  await imports.worker.start?.();
  // It has made the place for jobs by now.
  if (!withWorker) await imports.worker.stop?.();

  async function tenant(currency = 'GBP', role: Role = 'owner'): Promise<TenantContext> {
    const { tenantId: id, ownerId: userId } = newTenant();
    const tenantId = toTenantId(id);
    await admin.query('insert into ledger.tenants (tenant_id, currency) values ($1, $2)', [tenantId, currency]);
    return { ...systemContext(tenantId), actor: { kind: 'user', id: userId }, role };
  }

  async function send(context: TenantContext, bytes: Buffer | string, name = 'purchases.csv') {
    const response = await imports.handlers.startImport.handle(context, uploadOf(Buffer.from(bytes), name));
    if (!response.import) throw new Error('An import without an import');
    return response.import;
  }

  async function finished(context: TenantContext, importId: string): Promise<ledger.Import> {
    return eventually(
      async () => {
        const response = await imports.handlers.getImport.handle(context, { importId });
        if (response.import?.status !== 'completed') throw new Error(`still ${response.import?.status}`);
        return response.import;
      },
      { timeoutMs: 30_000 },
    );
  }

  return {
    ...{ database, databaseUrl, admin, imports, work, tenant, send, finished },
    async take(context: TenantContext, bytes: Buffer | string, name?: string): Promise<ledger.Import> {
      return finished(context, (await send(context, bytes, name)).id);
    },
    async rows(context: TenantContext, importId: string, fate = ''): Promise<ledger.ImportRow[]> {
      const all: ledger.ImportRow[] = [];
      let cursor = '';
      do {
        const request: ledger.ListImportRowsRequest = { importId, fate, page: { limit: 200, cursor } };
        const answer: ledger.ListImportRowsResponse = await imports.handlers.listImportRows.handle(context, request);
        all.push(...answer.rows);
        cursor = answer.page?.nextCursor ?? '';
      } while (cursor !== '');
      return all;
    },
    async stop() {
      await imports.worker.stop?.();
      await database.close();
      await admin.end();
      await testDatabase.drop();
    },
  };
}

export type ImportDriver = Awaited<ReturnType<typeof startImports>>;

/** A file as gRPC brings it. */
export async function* uploadOf(bytes: Buffer, name: string): AsyncGenerator<ledger.StartImportRequest> {
  yield { part: { $case: 'file', value: { name, contentType: 'text/csv' } } };
  for (let at = 0; at < bytes.length; at += 64 * 1_024) {
    yield { part: { $case: 'chunk', value: bytes.subarray(at, at + 64 * 1_024) } };
  }
  yield { part: { $case: 'end', value: { size: BigInt(bytes.length) } } };
}

/** One of the files in test/fixtures. */
export const fixture = (path: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url)));
