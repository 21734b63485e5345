import { parseArgs } from 'node:util';
import { createSilentLogger, systemContext, toTenantId } from '@outlay/platform';
import { createTestDatabase, newTenant } from '@outlay/testkit';
import globalSetup from '@outlay/testkit/jest/global-setup';
import globalTeardown from '@outlay/testkit/jest/global-teardown';
import pg from 'pg';
import { createImports } from '../../services/ledger/src/imports/create-imports.ts';
import { processImport } from '../../services/ledger/src/imports/process-import.ts';
import { createBackgroundDatabase } from '../../services/ledger/src/store/ledger-database.ts';
import { databaseCpuTimeMs } from './cpu-time.ts';

/**
 * What importing a large file takes: rows a second for a first import, for the same file again (`--again`) and for taking the
 * first import back (`--undo`), and the most memory that the process held. `--rows` says how large, `--at-once` how many of
 * its batches are booked, or taken back, at the same time. The file is
 * like a card issuer's: 14 columns, some hundred cards and projects. It is put into the database piece by piece, as the
 * limit of an upload is for those who send it, not for what can be worked off.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    'at-once': { type: 'string' },
    again: { type: 'boolean' },
    undo: { type: 'boolean' },
  },
});
const rowsTotal = Number(values.rows);
const atOnce = values['at-once'] === undefined ? undefined : Number(values['at-once']);

await globalSetup({ maxWorkers: 1 });
const testDatabase = await createTestDatabase();
const databaseUrl = testDatabase.urlFor('ledger');
const logger = createSilentLogger();
const database = createBackgroundDatabase(databaseUrl, logger);
const admin = new pg.Pool({ connectionString: testDatabase.adminUrl, max: 2 });
const work = { database, databaseUrl, clock: () => new Date(), logger };
// Makes the place for jobs; the import is worked off here and not by its worker, so that nothing but it is measured.
const imports = createImports({ ...work, background: database, ensureTenant: async () => undefined });
await imports.worker.start?.();
await imports.worker.stop?.();

const { tenantId: id, ownerId } = newTenant();
const tenantId = toTenantId(id);
const context = { ...systemContext(tenantId), actor: { kind: 'user', id: ownerId } as const, role: 'owner' as const };
await admin.query("insert into ledger.tenants (tenant_id, currency, entitlements_version) values ($1, 'GBP', 1)", [
  tenantId,
]);

let peakBytes = 0;
const watch = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 50);

const before = process.memoryUsage.rss();
const first = await importOnce('first');
if (values.again) await importOnce('again');
if (values.undo) await undo(first);
clearInterval(watch);
console.log(`memory: ${mega(before)} MB before, ${mega(peakBytes)} MB at most`);
await database.close();
await admin.end();
await testDatabase.drop();
await globalTeardown();

async function importOnce(which: string): Promise<string> {
  const importId = await store();
  const spent = await workOff(importId);
  const { import: done } = await imports.handlers.getImport(context, { importId });
  console.log(`${which}: ${done?.imported} imported, ${done?.duplicates} duplicates, ${spent}`);
  return importId;
}

async function undo(importId: string): Promise<void> {
  await imports.handlers.undoImport(context, { importId });
  const spent = await workOff(importId);
  const { import: done } = await imports.handlers.getImport(context, { importId });
  console.log(`undo: ${done?.reversed} reversed, ${done?.leftOut} left out, ${spent}`);
}

/** Works an import off, or takes it back. Answers what that took. */
async function workOff(importId: string): Promise<string> {
  const [startedAt, cpu, databaseBefore] = [performance.now(), process.cpuUsage(), databaseCpuMs()];
  await processImport({ ...work, ...(atOnce !== undefined && { atOnce }) }, tenantId, importId);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const perRow = (ms: number) => `${((ms * 1_000) / rowsTotal).toFixed(0)} µs`;
  const [here, there] = [perRow((user + system) / 1_000), perRow(databaseCpuMs() - databaseBefore)];
  const rate = Math.round(rowsTotal / seconds);
  return `${seconds.toFixed(1)} s, ${rate} rows/s; CPU a row: ${here} here, ${there} in PostgreSQL`;
}

function databaseCpuMs(): number {
  return databaseCpuTimeMs(new URL(testDatabase.adminUrl).pathname.slice(1)) ?? 0;
}

/** Sends the head of the file, then puts the rest beside it. */
async function store(): Promise<string> {
  const pieces = pieceByPiece();
  const first = pieces.next().value;
  if (first === undefined) throw new Error('A file without rows');
  async function* upload() {
    const file = { name: 'bench.csv', contentType: 'text/csv', dryRun: false, mapping: undefined, mappingId: '' };
    yield { part: { $case: 'file' as const, value: file } };
    yield { part: { $case: 'chunk' as const, value: first as Buffer } };
    yield { part: { $case: 'end' as const, value: { size: BigInt((first as Buffer).length) } } };
  }
  const started = await imports.handlers.startImport(context, upload());
  const importId = started.import?.id;
  if (importId === undefined) throw new Error('An import without an import');
  let seq = 1;
  for (const bytes of pieces) {
    await admin.query('insert into ledger.import_chunks (tenant_id, import_id, seq, bytes) values ($1, $2, $3, $4)', [
      ...[tenantId, importId, seq++, bytes],
    ]);
  }
  return importId;
}

function* pieceByPiece(): Generator<Buffer> {
  const header =
    'TRANS DATE;TRANS VAT DESC;ORIGINAL GROSS AMT;ORIGINAL CUR;BILLING GROSS AMT;BILLING CUR CODE;MERCHANT NAME;CARD NUMBER;' +
    'TRANS CAC CODE 1;TRANS CAC DESC 1;TRANS CAC CODE 2;TRANS CAC DESC 2;TRANS CAC CODE 3;Directorate\n';
  let text = header;
  for (let row = 0; row < rowsTotal; row++) {
    const day = String((row % 28) + 1).padStart(2, '0');
    const month = String((row % 12) + 1).padStart(2, '0');
    const amount = `${(row * 37) % 900}.${String((row * 13) % 100).padStart(2, '0')}`;
    const sum = amount === '0.00' ? '1.00' : amount;
    text +=
      `${day}/${month}/17;VR;${sum};GBP;${sum};GBP;merchant number ${row % 5_000};************${5_000 + (row % 300)};` +
      `K0${row % 60};Category ${row % 60};RV${row % 400};Cost centre ${row % 400};A00;Adult & Communities\n`;
    // A little less than the pieces that a file is stored in.
    if (text.length < 250_000) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

function mega(bytes: number): number {
  return Math.round(bytes / 1_024 / 1_024);
}
