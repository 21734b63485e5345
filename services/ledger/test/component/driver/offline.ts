import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ledger } from '@outlay/contracts';
import { journalOf } from './seals.ts';
import type { TestLedger, TestTenant } from './start-ledger.ts';

const script = fileURLToPath(new URL('../../../../../scripts/verify-journal.mjs', import.meta.url));

interface OfflineResult {
  status: 'valid' | 'broken';
  faults: { kind: string; entry_id: string | null; sequence: number | null }[];
}

/** Writes a tenant's journal down as the API gives it, and has the script check it. */
export async function verifyOffline(ledger: TestLedger, tenant: TestTenant, ...args: string[]): Promise<OfflineResult> {
  const directory = await mkdtemp(join(tmpdir(), 'outlay-journal-'));
  const file = join(directory, 'journal.ndjson');
  const { head, rememberedHead, keys } = await ledger.client.listJournal(tenant.owner, { page: undefined });
  const header = {
    format: 'outlay journal 1',
    tenant_id: tenant.tenantId,
    head: head!.sequence === 0n ? null : toHead(head!),
    remembered_head: toHead(rememberedHead!),
    keys: keys.map(({ id, publicKey }) => ({ id, public_key: publicKey })),
  };
  const items = (await journalOf(ledger, tenant)).map(toLine);
  await writeFile(file, [header, ...items].map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) =>
    execFile(process.execPath, [script, file, ...args], (error, stdout) =>
      resolve({ code: error?.code ?? 0, output: stdout }),
    ),
  );
  await rm(directory, { recursive: true });
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { status } = lines.pop();
  if (code !== (status === 'valid' ? 0 : 1)) throw new Error(`The script ended with ${code} and ${status}`);
  return { status, faults: lines };
}

const toHead = ({ sequence, hash }: ledger.JournalHead) => ({ sequence: Number(sequence), hash });

const toLine = ({ seal, entry, isWaiting }: ledger.JournalItem) => ({
  seal: seal
    ? {
        sequence: Number(seal.sequence),
        entry_id: seal.entryId,
        entry_recorded_at: seal.entryRecordedAt,
        entry_hash: seal.entryHash,
        previous_hash: seal.previousHash,
        hash: seal.hash,
        sealed_at: seal.sealedAt,
        key_id: seal.keyId || null,
        signature: seal.signature || null,
      }
    : null,
  entry: entry
    ? {
        id: entry.id,
        recorded_at: entry.recordedAt,
        effective_date: entry.effectiveDate,
        kind: entry.kind || null,
        expense_id: entry.expenseId || null,
        reverses_entry_id: entry.reversesEntryId || null,
        currency: entry.currency,
        amount_minor: entry.amountMinor.toString(),
        rate: entry.rate,
        rate_source: entry.rateSource,
        rate_date: entry.rateDate,
        postings: entry.postings.map((posting) => ({
          line: posting.line,
          ledger_account_id: posting.ledgerAccountId,
          currency: posting.currency,
          amount_minor: posting.amountMinor.toString(),
        })),
      }
    : null,
  is_waiting: isWaiting,
});
