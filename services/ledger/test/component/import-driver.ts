import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ledger } from '@outlay/contracts';
import { createSilentLogger, type Role, systemContext, type TenantContext, toTenantId } from '@outlay/platform';
import { createTestDatabase, eventually, newTenant } from '@outlay/testkit';
import pg from 'pg';
import { createImports } from '../../src/imports/create-imports.ts';
import { createBackgroundDatabase, createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { insertTenant } from './driver/start-ledger.ts';

/** The import part of the ledger on a database of its own, driven as its callers do; without a worker, files only wait. */
export async function startImports(options: { withWorker?: boolean } = {}) {
  const { withWorker = true } = options;
  const testDatabase = await createTestDatabase();
  const databaseUrl = testDatabase.urlFor('ledger');
  const logger = createSilentLogger();
  const database = createLedgerDatabase(databaseUrl, logger);
  const background = createBackgroundDatabase(databaseUrl, logger);
  const admin = new pg.Pool({ connectionString: testDatabase.adminUrl, max: 4 });
  admin.on('error', () => undefined);
  const work = { database: background, databaseUrl, clock: () => new Date(), logger, batchSize: 500 };
  const imports = createImports({ ...work, database, background, ensureTenant: async () => undefined });
  await imports.worker.start?.();
  await eventually(async () => {
    if (!imports.worker.isReady()) throw new Error('There is no place for jobs yet');
  });
  if (!withWorker) await imports.worker.stop?.();

  async function tenant(currency = 'GBP', role: Role = 'owner'): Promise<TenantContext> {
    const { tenantId: id, ownerId: userId } = newTenant();
    const tenantId = toTenantId(id);
    await insertTenant(admin, tenantId, { currency });
    return { ...systemContext(tenantId), actor: { kind: 'user', id: userId }, role };
  }

  async function send(context: TenantContext, bytes: Buffer | string, described: Described = {}) {
    const response = await imports.handlers.startImport(context, uploadOf(Buffer.from(bytes), described));
    if (!response.import) throw new Error('An import without an import');
    return response.import;
  }

  async function finished(context: TenantContext, importId: string, status = 'completed'): Promise<ledger.Import> {
    return eventually(
      async () => {
        const response = await imports.handlers.getImport(context, { importId });
        if (response.import?.status !== status) throw new Error(`still ${response.import?.status}`);
        return response.import;
      },
      { timeoutMs: 30_000 },
    );
  }

  return {
    ...{ database, databaseUrl, admin, imports, work, tenant, send, finished, adminUrl: testDatabase.adminUrl },
    async take(context: TenantContext, bytes: Buffer | string, described?: Described): Promise<ledger.Import> {
      return finished(context, (await send(context, bytes, described)).id);
    },
    /** Looks at a file and books nothing. */
    async preview(context: TenantContext, bytes: Buffer | string, described?: Described): Promise<ledger.Import> {
      return finished(context, (await send(context, bytes, { ...described, dryRun: true })).id, 'previewed');
    },
    async commit(context: TenantContext, importId: string): Promise<ledger.Import> {
      await imports.handlers.commitImport(context, { importId });
      return finished(context, importId);
    },
    async undo(context: TenantContext, importId: string): Promise<ledger.Import> {
      await imports.handlers.undoImport(context, { importId });
      return finished(context, importId, 'undone');
    },
    /** What the books say that was spent, by title, in minor units of the tenant's currency; and that they are sound. */
    async spent(context: TenantContext): Promise<Record<string, number>> {
      const { rows } = await admin.query<{ title: string; total: string }>(
        `select title, sum(booked_amount_minor) as total from ledger.expenses
         where tenant_id = $1 and status = 'posted' group by title order by title`,
        [context.tenantId],
      );
      const { rows: faults } = await admin.query(
        `select 'posting' as fault from ledger.postings where tenant_id = $1
         group by entry_id, currency having sum(amount_minor) <> 0`,
        [context.tenantId],
      );
      if (faults.length > 0) throw new Error('The journal is not balanced');
      return Object.fromEntries(rows.map(({ title, total }) => [title, Number(total)]));
    },
    /** What is in the books or was, a line each: day, title, amount, account with its kind, category and project. */
    async expensesOf(context: TenantContext): Promise<string[]> {
      const { rows } = await admin.query(
        `select to_char(expenses.expense_date, 'YYYY-MM-DD') as day, expenses.title,
           expenses.amount_minor || ' ' || expenses.currency as amount, accounts.name as account, accounts.kind,
           categories.name as category, projects.name as project
         from ledger.expenses
         left join ledger.accounts on accounts.tenant_id = expenses.tenant_id and accounts.id = expenses.account_id
         left join ledger.categories
           on categories.tenant_id = expenses.tenant_id and categories.id = expenses.category_id
         left join ledger.projects on projects.tenant_id = expenses.tenant_id and projects.id = expenses.project_id
         where expenses.tenant_id = $1
         order by expenses.expense_date, expenses.title, expenses.amount_minor`,
        [context.tenantId],
      );
      return rows.map((row) => Object.values(row).join(' | '));
    },
    async rows(context: TenantContext, importId: string, fate = ''): Promise<ledger.ImportRow[]> {
      const all: ledger.ImportRow[] = [];
      let cursor = '';
      do {
        const request: ledger.ListImportRowsRequest = { importId, fate, page: { limit: 200, cursor } };
        const answer: ledger.ListImportRowsResponse = await imports.handlers.listImportRows(context, request);
        all.push(...answer.rows);
        cursor = answer.page?.nextCursor ?? '';
      } while (cursor !== '');
      return all;
    },
    async stop() {
      await imports.worker.stop?.();
      await Promise.all([database.close(), background.close()]);
      await admin.end();
      await testDatabase.drop();
    },
  };
}

export type ImportDriver = Awaited<ReturnType<typeof startImports>>;

/** What is said of a file beside its bytes. */
export type Described = Partial<Omit<ledger.ImportFile, 'mapping'>> & { mapping?: Partial<ledger.ImportMappingRules> };

/** How to read a file, with what is said of it. */
export const rules = (given: Partial<ledger.ImportMappingRules>): ledger.ImportMappingRules => ({
  ...{ columns: {}, delimiter: '', encoding: '', headerLine: 0, dateFormat: '', decimalMark: '', amounts: '' },
  ...{ kind: '', credits: '', defaults: undefined, ...given },
});

/** A file as gRPC brings it, with its name or all that is said of it. */
export async function* uploadOf(bytes: Buffer, given: string | Described): AsyncGenerator<ledger.StartImportRequest> {
  const { mapping, ...described }: Described = typeof given === 'string' ? { name: given } : given;
  const value = { name: 'purchases.csv', contentType: 'text/csv', dryRun: false, mappingId: '', ...described };
  yield { part: { $case: 'file', value: { ...value, mapping: mapping && rules(mapping) } } };
  for (let at = 0; at < bytes.length; at += 64 * 1_024) {
    yield { part: { $case: 'chunk', value: bytes.subarray(at, at + 64 * 1_024) } };
  }
  yield { part: { $case: 'end', value: { size: BigInt(bytes.length) } } };
}

/** One of the files in test/fixtures. */
export const fixture = (path: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url)));
