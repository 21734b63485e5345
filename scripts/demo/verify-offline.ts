import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { OutlayClient } from '@outlay/client';
import { heading, type Say } from './text.ts';

const script = fileURLToPath(new URL('../verify-journal.mjs', import.meta.url));

/** Has the journal fetched, written down and checked by the program that an auditor would use, which knows nothing of this project. */
export async function verifyOffline(url: string, api: OutlayClient, say: Say): Promise<void> {
  say(heading('The same, offline, by scripts/verify-journal.mjs'));
  const directory = await mkdtemp(join(tmpdir(), 'outlay-demo-'));
  const file = join(directory, 'journal.ndjson');
  try {
    const env = { ...process.env, OUTLAY_TOKEN: api.session()?.access_token ?? '' };
    await promisify(execFile)(process.execPath, [script, '--url', url, '--save', file], { env });
    const { stdout } = await promisify(execFile)(process.execPath, [script, file]);
    say(stdout.trim());
  } finally {
    await rm(directory, { recursive: true });
  }
}
