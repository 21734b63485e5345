#!/usr/bin/env node
// Checks the books of a tenant against their seals, by docs/journal-seals.md and nothing else of this project. Plain
// JavaScript without dependencies, so that an auditor can read it through and run it anywhere.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const usage = `Checks the journal of a tenant against its seals, offline.

  OUTLAY_TOKEN=... node scripts/verify-journal.mjs --url https://outlay.example --save journal.ndjson
      fetches the journal (owner or admin, or an API key with reports:read), writes it down, and checks it
  node scripts/verify-journal.mjs journal.ndjson
      checks a journal that was written down

  --key <64 hexadecimal digits>   a public key that you know to be right; may be repeated. Without it the keys in the
                                  file are believed, which proves nothing against whoever made the file
  --sequence <n> --hash <hash>    a head that you have kept: the chain must still contain it

Ends with 0 where everything is as it was sealed, with 1 where it is not, with 2 where it cannot be told.
`;

const sha256 = (lines) =>
  createHash('sha256')
    .update(`${lines.join('\n')}\n`)
    .digest('hex');

const entryHashOf = (tenantId, entry) =>
  sha256([
    'outlay journal entry 1',
    tenantId,
    entry.id,
    entry.recorded_at,
    entry.effective_date,
    entry.kind,
    entry.expense_id ?? '',
    entry.reverses_entry_id ?? '',
    entry.currency,
    entry.amount_minor,
    entry.rate,
    entry.rate_source,
    entry.rate_date,
    ...entry.postings.map((line) => `${line.line} ${line.ledger_account_id} ${line.currency} ${line.amount_minor}`),
  ]);

const sealHashOf = (tenantId, seal, sequence = seal.sequence) =>
  sha256([
    'outlay journal seal 1',
    tenantId,
    sequence,
    seal.previous_hash,
    seal.entry_id,
    seal.entry_recorded_at,
    seal.entry_hash,
    seal.sealed_at,
    seal.key_id ?? '',
  ]);

const keyIdOf = (publicKey) => createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex').slice(0, 16);

/** A raw Ed25519 key behind the prefix that RFC 8410 gives it. */
const toKey = (publicKey) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(publicKey, 'hex')]),
    format: 'der',
    type: 'spki',
  });

/**
 * Checks items as they come, and remembers no more than the seals since the last good signature. Answers the faults.
 */
async function check(header, items, { publicKeys, kept }) {
  const tenantId = header.tenant_id;
  const keys = new Map(publicKeys.map((publicKey) => [keyIdOf(publicKey), toKey(publicKey)]));
  const faults = [];
  const counts = { sealed: 0, waiting: 0 };
  let last = { sequence: 0, hash: '0'.repeat(64), isWhole: true };
  /** Since the last good signature; the first group of them is enough to say where a rewriting begins. */
  let unproved = [];
  /** Those among them whose own signature is not good. */
  let badlySigned = [];
  let keptHash;
  const fault = (kind, entryId, sequence, detail) => faults.push({ kind, entry_id: entryId, sequence, detail });

  /** Nothing good follows: what was signed badly was made anew. Its whole group is named, as nobody can tell them apart. */
  const nameRewritten = (isBroken) => {
    const upTo = isBroken && badlySigned.length === 0 ? last.sequence : badlySigned[0]?.sequence;
    for (const { entry_id, sequence } of unproved.filter((seal) => seal.sequence <= (upTo ?? 0))) {
      fault('rewritten', entry_id, sequence, 'it, or another of its group, was made anew without a key that is known');
    }
    unproved = [];
    badlySigned = [];
  };

  const checkLink = (seal, isWhole) => {
    if (seal.sequence > last.sequence + 1) {
      fault('seal_missing', null, last.sequence + 1, `seals ${last.sequence + 1} to ${seal.sequence - 1} are gone`);
      unproved = [];
    } else if (seal.sequence <= last.sequence) {
      fault('reordered', seal.entry_id, seal.sequence, `it stands behind seal ${last.sequence}`);
    } else if (isWhole && last.isWhole && seal.previous_hash !== last.hash) nameRewritten(true);
  };

  const checkSeal = ({ seal, entry }) => {
    counts.sealed += 1;
    if (seal.sequence === kept?.sequence) keptHash = seal.hash;
    const isWhole = sealHashOf(tenantId, seal) === seal.hash;
    checkLink(seal, isWhole);
    const isSigned =
      seal.key_id !== null &&
      keys.has(seal.key_id) &&
      verify(null, Buffer.from(seal.hash, 'hex'), keys.get(seal.key_id), Buffer.from(seal.signature ?? '', 'hex'));
    if (!isWhole) fault('seal_changed', seal.entry_id, seal.sequence, 'the seal is not what its hash was made of');
    else if (isSigned) {
      // It contains the hashes of all those before it, so it proves them too.
      for (const { entry_id, sequence } of badlySigned) {
        fault('seal_changed', entry_id, sequence, 'the signature of the seal is not its own');
      }
      unproved = [];
      badlySigned = [];
    } else {
      if (unproved.length < 64) unproved.push(seal);
      if (seal.key_id !== null && badlySigned.length < 1_000) badlySigned.push(seal);
    }
    if (entry === null) fault('missing', seal.entry_id, seal.sequence, 'the entry is not in the journal any more');
    else if (isWhole && (entry.kind === null || entryHashOf(tenantId, entry) !== seal.entry_hash)) {
      fault('changed', seal.entry_id, seal.sequence, 'the entry or its postings are not what was sealed');
    }
    last = { sequence: seal.sequence, hash: seal.hash, isWhole };
  };

  for await (const item of items) {
    if (item.seal !== null) checkSeal(item);
    else if (item.is_waiting) counts.waiting += 1;
    else {
      const what =
        item.entry.kind === null
          ? 'there are postings by this id without an entry'
          : 'the entry has no seal and waits for none';
      fault('inserted', item.entry.id, null, what);
    }
  }

  for (const head of [header.head, kept].filter((given) => given && given.sequence > last.sequence)) {
    fault('seal_missing', null, last.sequence + 1, `seals ${last.sequence + 1} to ${head.sequence} are gone`);
  }
  if (kept && kept.sequence <= last.sequence && keptHash !== kept.hash) {
    fault('head_mismatch', null, kept.sequence, 'the chain is not the one that the given head is of');
  }
  // Where the end was cut off, so was the signature of what is left.
  if (!faults.some(({ kind }) => kind === 'seal_missing')) nameRewritten(badlySigned.length === 0);
  return { faults, counts, last };
}

async function* readLines(file) {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.trim() !== '') yield JSON.parse(line);
  }
}

/** The header, then the items; each is written down as well. */
async function* fetchJournal(url, token, save) {
  const out = save === undefined ? undefined : createWriteStream(save);
  const write = (value) => out?.write(`${JSON.stringify(value)}\n`);
  for (let cursor = '', isFirst = true; ; isFirst = false) {
    const query = new URLSearchParams({ limit: '200', ...(cursor && { cursor }) });
    const page = await fetchPage(`${url.replace(/\/$/, '')}/api/v1/ledger/journal?${query}`, token);
    const { tenant_id, head, keys } = page;
    const header = { format: 'outlay journal 1', fetched_at: new Date().toISOString(), tenant_id, head, keys };
    for (const value of isFirst ? [header, ...page.data] : page.data) {
      write(value);
      yield value;
    }
    cursor = page.pagination.next_cursor;
    if (!cursor) break;
  }
  await new Promise((resolve) => (out ? out.end(resolve) : resolve()));
}

async function fetchPage(address, token) {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
    if (response.ok) return response.json();
    const waitSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    if (attempt > 5 || ![429, 503].includes(response.status)) {
      throw new Error(`${address} answered ${response.status}: ${await response.text()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000 * (waitSeconds || attempt)));
  }
}

async function main() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ url: text, save: text, sequence: text, hash: text, key: { type: 'string', multiple: true } },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [file] = positionals;
  if (values.help || Boolean(file) === Boolean(values.url) || Boolean(values.sequence) !== Boolean(values.hash)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const source = file ? readLines(file) : fetchJournal(values.url, process.env.OUTLAY_TOKEN ?? '', values.save);
  const { value: header } = await source.next();
  if (header?.format !== 'outlay journal 1') throw new Error('The first line is not that of a journal');
  const given = values.key ?? [];
  const result = await check(header, source, {
    publicKeys: given.length > 0 ? given : header.keys.map((key) => key.public_key),
    kept: values.sequence && { sequence: Number(values.sequence), hash: values.hash },
  });
  for (const one of result.faults) process.stdout.write(`${JSON.stringify(one)}\n`);
  const { sealed, waiting } = result.counts;
  process.stdout.write(
    `${JSON.stringify({ status: result.faults.length === 0 ? 'valid' : 'broken', sealed, waiting, head: { sequence: result.last.sequence, hash: result.last.hash } })}\n`,
  );
  if (given.length === 0) process.stderr.write('No --key was given: the keys in the file were believed.\n');
  return result.faults.length === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  },
);
