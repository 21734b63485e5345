import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { uuid } from './common.ts';
import {
  hash,
  hex,
  journalHead,
  journalHeadExample,
  rememberedHead,
  renderJournalHead,
  renderRememberedHead,
  renderSequence,
  sequence,
  storedCurrency,
  storedDate,
  storedHash,
  storedId,
  storedInstant,
} from './journal-head.ts';

const minorUnits = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ description: 'Minor units of the currency.' });

const posting = z
  .strictObject({ line: z.int(), ledger_account_id: storedId, currency: storedCurrency, amount_minor: minorUnits })
  .meta({ id: 'JournalPosting' });

const entry = z
  .strictObject({
    id: storedId,
    recorded_at: storedInstant,
    effective_date: storedDate.nullable(),
    kind: z.string().nullable().meta({ description: 'Null, and all but the postings: there is no entry by this id.' }),
    expense_id: storedId.nullable().meta({ description: 'Null of an opening balance too.' }),
    reverses_entry_id: storedId.nullable(),
    currency: storedCurrency.nullable(),
    amount_minor: minorUnits.nullable(),
    rate: z.string().nullable(),
    rate_source: z.string().nullable(),
    rate_date: storedDate.nullable(),
    postings: z.array(posting),
  })
  .meta({ id: 'JournalEntry' });

const seal = z
  .strictObject({
    sequence,
    entry_id: storedId,
    entry_recorded_at: storedInstant,
    entry_hash: storedHash,
    previous_hash: storedHash,
    hash: storedHash,
    sealed_at: storedInstant,
    key_id: z.string().nullable().meta({ description: "Null: a later seal's signature stands for this one." }),
    signature: z.string().nullable().meta({ description: 'Ed25519 over the hash.' }),
  })
  .meta({ id: 'JournalSeal' });

const item = z
  .strictObject({
    seal: seal.nullable().meta({ description: 'Null: the entry has none.' }),
    entry: entry.nullable().meta({ description: 'Null: the sealed entry is gone.' }),
    is_waiting: z.boolean().meta({ description: 'Whether an entry without a seal waits for one.' }),
  })
  .meta({ id: 'JournalItem' });

export const journalPageSchema = z
  .strictObject({
    tenant_id: uuid,
    head: journalHead.nullable().meta({
      description:
        'The newest seal, or what the ledger remembers as that where it is gone. Null: nothing is sealed yet.',
    }),
    remembered_head: rememberedHead,
    keys: z
      .array(z.strictObject({ id: hex(16), public_key: hash }).meta({ id: 'SealPublicKey' }))
      .meta({ description: 'What seals are signed with, the present key first.' }),
    data: z.array(item),
    pagination: z.strictObject({ next_cursor: z.string().nullable(), has_more: z.boolean(), limit: z.int() }),
  })
  .meta({ id: 'JournalPage' });

export const journalPageExample: z.input<typeof journalPageSchema> = {
  tenant_id: '0197a3c0-0000-7000-8000-000000000001',
  head: journalHeadExample,
  remembered_head: { sequence: journalHeadExample.sequence, hash: journalHeadExample.hash },
  keys: [{ id: '1f3870be274f6c49', public_key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a' }],
  data: [],
  pagination: { next_cursor: null, has_more: false, limit: 50 },
};

export const renderJournalPage = (
  page: ledger.ListJournalResponse,
  tenantId: string,
  limit: number,
): z.input<typeof journalPageSchema> => ({
  tenant_id: tenantId,
  head: renderJournalHead(page.head),
  remembered_head: renderRememberedHead(page.rememberedHead),
  keys: page.keys.map(({ id, publicKey }) => ({ id, public_key: publicKey })),
  data: page.items.map((given) => ({
    seal: given.seal ? renderSeal(given.seal) : null,
    entry: given.entry ? renderEntry(given.entry) : null,
    is_waiting: given.isWaiting,
  })),
  pagination: { next_cursor: page.page?.nextCursor || null, has_more: page.page?.hasMore ?? false, limit },
});

const renderSeal = (given: ledger.JournalSeal): z.input<typeof seal> => ({
  sequence: renderSequence(given.sequence),
  entry_id: given.entryId,
  entry_recorded_at: given.entryRecordedAt,
  entry_hash: given.entryHash,
  previous_hash: given.previousHash,
  hash: given.hash,
  sealed_at: given.sealedAt,
  key_id: given.keyId || null,
  signature: given.signature || null,
});

function renderEntry(given: ledger.JournalEntry): z.input<typeof entry> {
  const known = <T>(value: T): T | null => (given.kind === '' ? null : value);
  return {
    id: given.id,
    recorded_at: given.recordedAt,
    effective_date: known(given.effectiveDate),
    kind: known(given.kind),
    expense_id: given.expenseId || null,
    reverses_entry_id: given.reversesEntryId || null,
    currency: known(given.currency),
    amount_minor: known(given.amountMinor.toString()),
    rate: known(given.rate),
    rate_source: known(given.rateSource),
    rate_date: known(given.rateDate),
    postings: given.postings.map(({ line, ledgerAccountId, currency: code, amountMinor }) => ({
      line,
      ledger_account_id: ledgerAccountId,
      currency: code,
      amount_minor: amountMinor.toString(),
    })),
  };
}
