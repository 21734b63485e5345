import { expect } from '@jest/globals';
import type { Database, Session, TenantContext } from '@outlay/platform';
import { dropPreview } from '../../src/imports/drop-preview.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { startImports } from './import-driver.ts';

/** A file with a header and as many purchases. */
export const fileOf = (rows: number): string =>
  ['Date,Merchant,Amount', ...Array.from({ length: rows }, (_, row) => `2025-01-02,shop ${row},1.00`), ''].join('\n');

/** Previews and how they end, without a worker: what is done, a test does itself. */
export async function startPreviews() {
  const driver = await startImports({ withWorker: false });
  const { admin, imports, work } = driver;

  async function find(context: TenantContext, importId: string) {
    const { import: found } = await imports.handlers.getImport(context, { importId });
    return found!;
  }

  return {
    ...driver,
    find,
    /** A file that has been looked at, of forty rows in four batches. */
    async lookAt(context: TenantContext): Promise<string> {
      const { id } = await driver.send(context, fileOf(40), { dryRun: true });
      await processImport({ ...work, batchSize: 10 }, context.tenantId, id);
      return id;
    },
    /** One of which two batches of four have been looked at when the process stops. */
    async lookAtHalf(context: TenantContext): Promise<string> {
      const { id } = await driver.send(context, fileOf(40), { dryRun: true });
      let batches = 0;
      const stopped = processImport({ ...work, batchSize: 10, isStopping: () => batches++ >= 2 }, context.tenantId, id);
      await expect(stopped).rejects.toThrow('stopping');
      return id;
    },
    discard: (context: TenantContext, importId: string) => imports.handlers.discardImport(context, { importId }),
    begin: (context: TenantContext, importId: string) => imports.handlers.commitImport(context, { importId }),
    drop: ({ tenantId }: TenantContext, importId: string, options = {}) =>
      dropPreview({ database: work.database, ...options }, tenantId, importId),
    /** What there is of a file beside the import itself. */
    async kept(importId: string): Promise<Record<string, number>> {
      const { rows } = await admin.query(
        `select (select count(*)::int from ledger.import_chunks where import_id = $1) as chunks,
           (select count(*)::int from ledger.import_rows where import_id = $1) as rows,
           (select count(*)::int from ledger.import_batches where import_id = $1) as batches,
           (select count(*)::int from ledger.import_references where import_id = $1) as references`,
        [importId],
      );
      return rows[0];
    },
    async endDay(importId: string): Promise<void> {
      await admin.query("update ledger.imports set expires_at = now() - interval '30 minutes' where id = $1", [
        importId,
      ]);
    },
    async endsToldOf(importId: string) {
      const { rows } = await admin.query(
        `select action, actor_kind, actor_id, before ->> 'status' as before, after ->> 'status' as after
         from ledger.audit_entries
         where entity_id = $1 and action not in ('import.previewed', 'import.started')
         order by id`,
        [importId],
      );
      return rows;
    },
    async expectSomebodyWaits(): Promise<void> {
      const { rowCount } = await admin.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(rowCount).toBe(1);
    },
    /** The database, where something happens before the first statement of that name. */
    beforeStatement(name: string, happens: () => Promise<unknown>): Database {
      const { database } = work;
      let happened: Promise<unknown> | undefined;
      return {
        ...database,
        withTenant: (context, work, options) =>
          database.withTenant(
            context,
            (session) => {
              const query: Session['query'] = async (statement, values) => {
                if (typeof statement !== 'string' && statement.name === name) {
                  happened ??= happens();
                  await happened;
                }
                return session.query(statement, values);
              };
              return work(Object.create(session, { query: { value: query } }));
            },
            options,
          ),
      };
    },
  };
}

export type Previews = Awaited<ReturnType<typeof startPreviews>>;

/** What is kept of a preview that was dropped. */
export const nothing = { chunks: 0, rows: 0, batches: 0, references: 0 };
