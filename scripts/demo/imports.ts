import type { OutlayClient } from '@outlay/client';
import type { SampleFile } from './sample-files.ts';
import { heading, pause, type Say } from './text.ts';

/** Has a file looked at, and shows what would come of it. */
export async function lookAt(api: OutlayClient, file: SampleFile, say: Say): Promise<void> {
  say(heading(`What would come of ${file.name}?`));
  const seen = await finished(api, await send(api, file, { dry_run: 'true' }));
  const { preview } = seen;
  if (seen.status !== 'previewed' || preview === null) throw new Error(seen.failure?.message ?? 'There is no preview');
  const { delimiter, encoding, date_format: dates } = seen.format ?? {};
  say(`Recognised: ${encoding}, columns separated by "${delimiter}", dates as ${dates}.`);
  say(`${seen.rows_total} rows: ${seen.new} new, ${fatesOf(seen)}.`);
  say(
    `Spent ${preview.spent}, refunded ${preview.refunded}, from ${preview.first_date} to ${preview.last_date}; makes ` +
      `${preview.new_accounts.count} accounts, ${preview.new_categories.count} categories, ${preview.new_projects.count} projects.`,
  );
  for (const { message } of preview.warnings) say(`  ${message}`);
  await showRows(api, seen.id, say);
  const { data: booked } = await api.get('/expenses', { query: { limit: 1 } });
  if (booked.data.length > 0) throw new Error('Looking has booked something');
  say('Nothing is booked yet.');
}

/** Imports a file and answers the id of the import. */
export async function importFile(api: OutlayClient, file: SampleFile, say: Say): Promise<string> {
  say(heading(`Import ${file.name}`));
  const done = await finished(api, await send(api, file, {}));
  if (done.status !== 'completed') throw new Error(done.failure?.message ?? `The import is ${done.status}`);
  say(`${done.imported} imported, ${fatesOf(done)}.`);
  await showRows(api, done.id, say);
  return done.id;
}

const fatesOf = ({ duplicates, skipped, refused }: { duplicates: number; skipped: number; refused: number }): string =>
  `${duplicates} seen before, ${skipped} skipped, ${refused} refused`;

/** The first rows that are not booked, and why. */
async function showRows(api: OutlayClient, id: string, say: Say): Promise<void> {
  for (const fate of ['refused', 'skipped'] as const) {
    const { data: rows } = await api.get('/imports/{id}/rows', { path: { id }, query: { fate, limit: 3 } });
    for (const { line, column, reason } of rows.data)
      say(`  line ${line}, ${column ?? 'the row'}: ${reason} (${fate})`);
  }
}

async function send(api: OutlayClient, { name, bytes }: SampleFile, query: { dry_run?: 'true' }): Promise<string> {
  const { data } = await api.post('/imports', {
    query: { file_name: name, ...query },
    body: new Uint8Array(bytes),
    contentType: 'text/csv',
  });
  return data.id;
}

/** Waits until an import is over, however long that takes. */
async function finished(api: OutlayClient, id: string) {
  for (;;) {
    const { data } = await api.get('/imports/{id}', { path: { id } });
    if (data.status !== 'processing' && data.status !== 'undoing') return data;
    await pause();
  }
}

/** Takes back all that an import has booked. */
export async function takeBack(api: OutlayClient, importId: string, say: Say): Promise<void> {
  say(heading('Take the first import back'));
  await api.post('/imports/{id}/undo', { path: { id: importId } });
  const undone = await finished(api, importId);
  if (undone.status !== 'undone') throw new Error(`The import is ${undone.status}`);
  say(`${undone.undo?.reversed} expenses reversed, each by an entry of its own. Nothing was erased.`);
}
