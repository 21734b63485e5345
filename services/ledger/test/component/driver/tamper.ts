import { createHash } from 'node:crypto';
import { newId } from '@outlay/platform';
import type pg from 'pg';

/** What a superuser can do to a tenant's journal, past every trigger. Runs within a transaction on `client`. */
export interface Deed {
  name: string;
  /** The kinds of faults that name the entry, or where `nameless`, the seal. */
  kinds: string[];
  nameless?: boolean;
  run: (client: pg.Client, at: Place) => Promise<unknown>;
}

/** The entry that is tampered with: the one that seal 3 of 5 is of, unless the deed makes one. */
export interface Place {
  tenantId: string;
  entryId: string;
  recordedAt: string;
}

const entry = 'tenant_id = $1 and id = $2';
const posting = 'tenant_id = $1 and entry_id = $2';

/** Puts in an entry of 5 euros from one account to another, as of any instant. */
export const putInEntry = (
  client: pg.Client,
  { tenantId, entryId, recordedAt }: Place,
  { debit, credit }: { debit: string; credit: string },
) =>
  client.query(
    `with entry as (
       insert into ledger.journal_entries
         (tenant_id, id, recorded_at, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date)
       values ($1, $2, $3, '2025-01-15', 'expense', $2, 'EUR', 5, 1, 'identity', '2025-01-15')
     )
     insert into ledger.postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
     values ($1, $2, 1, $3, $4, 'EUR', 5), ($1, $2, 2, $3, $5, 'EUR', -5)`,
    [tenantId, entryId, recordedAt, debit, credit],
  );

/** Makes the chain fit together again from a seal on, which takes everything but the key. */
export async function recompute(client: pg.Client, { tenantId }: Place, from = 1): Promise<void> {
  const { rows } = await client.query(
    `select seal.sequence, seal.entry_id, to_char(seal.entry_recorded_at at time zone 'UTC', $2) as recorded_at,
       seal.hash, to_char(seal.sealed_at at time zone 'UTC', $2) as sealed_at, coalesce(seal.key_id, '') as key_id,
       entry.effective_date::text, entry.kind, entry.expense_id, coalesce(entry.reverses_entry_id::text, '') as reverses,
       entry.currency, entry.amount_minor, entry.rate, entry.rate_source, entry.rate_date::text,
       (
         select string_agg(concat_ws(' ', line, ledger_account_id, currency, amount_minor) || E'\\n', '' order by line)
         from ledger.postings where postings.tenant_id = $1 and postings.entry_id = entry.id
       ) as postings
     from ledger.journal_seals as seal
     join ledger.journal_entries as entry on entry.tenant_id = $1 and entry.id = seal.entry_id
     where seal.tenant_id = $1 order by seal.sequence`,
    [tenantId, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'],
  );
  let previous = '0'.repeat(64);
  for (const row of rows) {
    if (Number(row.sequence) < from) {
      previous = row.hash.toString('hex');
      continue;
    }
    const entryHash = sha256(
      `outlay journal entry 1\n${tenantId}\n${row.entry_id}\n${row.recorded_at}\n${row.effective_date}\n${row.kind}\n${row.expense_id}\n${row.reverses}\n${row.currency}\n${row.amount_minor}\n${row.rate}\n${row.rate_source}\n${row.rate_date}\n${row.postings}`,
    );
    const hash = sha256(
      `outlay journal seal 1\n${tenantId}\n${row.sequence}\n${previous}\n${row.entry_id}\n${row.recorded_at}\n${entryHash}\n${row.sealed_at}\n${row.key_id}\n`,
    );
    await client.query(
      `update ledger.journal_seals
       set entry_hash = decode($3, 'hex'), previous_hash = decode($4, 'hex'), hash = decode($5, 'hex')
       where tenant_id = $1 and sequence = $2`,
      [tenantId, row.sequence, entryHash, previous, hash],
    );
    previous = hash;
  }
  await client.query("update ledger.journal_chains set hash = decode($2, 'hex') where tenant_id = $1", [
    tenantId,
    previous,
  ]);
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const change = (name: string, statement: string, kinds: string[], nameless = false): Deed => ({
  ...{ name, kinds, nameless },
  run: (client, at) => client.query(statement, statement.includes('$2') ? [at.tenantId, at.entryId] : [at.tenantId]),
});

export const deeds: Deed[] = [
  change('changes an amount', `update ledger.journal_entries set amount_minor = 1 where ${entry}`, ['changed']),
  change('changes a day', `update ledger.journal_entries set effective_date = '2024-01-01' where ${entry}`, [
    'changed',
  ]),
  change('changes a rate', `update ledger.journal_entries set rate = '1.0' where ${entry}`, ['changed']),
  change(
    'hides a posting’s account',
    `update ledger.postings set ledger_account_id = gen_random_uuid() where ${posting} and line = 1`,
    ['changed'],
  ),
  change(
    'moves money between postings',
    `update ledger.postings set amount_minor = amount_minor * 2 where ${posting}`,
    ['changed'],
  ),
  ...[
    "key_id = '', signature = ''",
    "key_id = '', signature = '\\x00'",
    "signature = ''",
    "signature = decode(repeat('ab', 64), 'hex')",
    "key_id = ''",
  ].map(
    (set): Deed => ({
      ...{ name: `sets ${set} where a seal has no signature`, kinds: ['seal_changed'], nameless: true },
      run: async (client, { tenantId }) => {
        await client.query('alter table ledger.journal_seals drop constraint if exists journal_seals_check');
        await client.query(`update ledger.journal_seals set ${set} where tenant_id = $1 and sequence = 2`, [tenantId]);
      },
    }),
  ),
  change('drops an entry', `delete from ledger.journal_entries where ${entry}`, ['missing']),
  change('drops a posting', `delete from ledger.postings where ${posting} and line = 2`, ['changed']),
  change(
    'drops an entry with its postings and its seal',
    `with entry as (delete from ledger.journal_entries where ${entry}), line as (delete from ledger.postings where ${posting})
     delete from ledger.journal_seals where tenant_id = $1 and entry_id = $2`,
    ['seal_missing'],
    true,
  ),
  change('drops a seal', `delete from ledger.journal_seals where tenant_id = $1 and entry_id = $2`, ['inserted']),
  change(
    'adds a posting',
    `insert into ledger.postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
     select $1, $2, 9, recorded_at, gen_random_uuid(), 'EUR', 0 from ledger.journal_entries where ${entry}`,
    ['changed'],
  ),
  change(
    'adds postings in another instant',
    `insert into ledger.postings (tenant_id, entry_id, line, recorded_at, ledger_account_id, currency, amount_minor)
     values ($1, $2, 9, now(), gen_random_uuid(), 'EUR', 0)`,
    ['inserted'],
  ),
  {
    name: 'puts in an entry',
    kinds: ['inserted'],
    run: (client, at) => {
      at.entryId = newId();
      return putInEntry(client, at, { debit: at.entryId, credit: at.entryId });
    },
  },
  change(
    'changes what a seal says of its entry',
    `update ledger.journal_seals set entry_hash = decode(repeat('ab', 32), 'hex') where tenant_id = $1 and entry_id = $2`,
    ['seal_changed'],
  ),
  change(
    'changes when a seal was made',
    `update ledger.journal_seals set sealed_at = sealed_at - interval '1 day' where tenant_id = $1 and entry_id = $2`,
    ['seal_changed'],
  ),
  change(
    'changes a signature',
    `update ledger.journal_seals set signature = decode(repeat('ab', 64), 'hex') where tenant_id = $1 and entry_id = $2`,
    ['seal_changed'],
  ),
  change(
    'takes a signature away',
    `update ledger.journal_seals set signature = null, key_id = null where tenant_id = $1 and entry_id = $2`,
    ['seal_changed'],
  ),
  {
    name: 'exchanges two seals',
    kinds: ['reordered', 'seal_changed'],
    run: async (client, { tenantId }) => {
      const move = 'update ledger.journal_seals set sequence = $3 where tenant_id = $1 and sequence = $2';
      for (const [from, to] of [
        [2, 99],
        [3, 2],
        [99, 3],
      ]) {
        await client.query(move, [tenantId, from, to]);
      }
    },
  },
  change(
    'drops the newest seal and its entry',
    `with cut as (
       delete from ledger.journal_seals where tenant_id = $1 and sequence = 5 returning entry_id
     ), line as (delete from ledger.postings using cut where tenant_id = $1 and postings.entry_id = cut.entry_id)
     delete from ledger.journal_entries using cut where tenant_id = $1 and id = cut.entry_id`,
    ['seal_missing'],
    true,
  ),
  {
    name: 'rewrites an entry and recomputes the chain',
    kinds: ['rewritten'],
    run: async (client, at) => {
      await client.query(`update ledger.journal_entries set amount_minor = 1 where ${entry}`, [
        at.tenantId,
        at.entryId,
      ]);
      await recompute(client, at);
    },
  },
];
