#!/usr/bin/env node
// Checks the books of a tenant against their seals, by docs/journal-seals.md and nothing else of this project. Plain
// JavaScript without dependencies, so that an auditor can read it through and run it anywhere.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const usage = `Checks the journal of a tenant against its seals, offline.

  OUTLAY_TOKEN=... node scripts/verify-journal.mjs --url https://outlay.example --save journal.ndjson
      fetches the journal (owner, admin or analyst, or an API key with reports:read), writes it down, and checks it
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

/** So many seals are held against each other at once. */
const seriesMax = 1_000;

const entryOf = ({ entry }) => (entry === null || entry.kind === null ? undefined : entry);

/** Where a seal belongs, or stands, if nobody can tell. */
const placeOf = ({ home, seal }) => home ?? seal.sequence;

/**
 * Says of a series of seals where each belongs (`home`) and what its hash is worth (`standing`), and answers them in the order
 * in which they belong. From the end to the beginning: a seal whose hash is proved proves that of the one before.
 */
function examine(tenantId, before, records, { isSignedBy, isCut }) {
  const isWhole = (seal) => sealHashOf(tenantId, seal) === seal.hash;
  const free = records.filter(({ seal }) => !isWhole(seal)).map(({ seal }) => seal.sequence);
  let place = before.sequence + 1;
  for (const { seal } of records) {
    for (; place < seal.sequence && free.length < seriesMax; place += 1) free.push(place);
    place = seal.sequence + 1;
  }
  const homeOf = (seal) =>
    isWhole(seal) ? seal.sequence : free.find((at) => sealHashOf(tenantId, seal, at) === seal.hash);
  const examined = records
    .map((record) => ({ ...record, home: homeOf(record.seal), isSigned: isSignedBy(record.seal), standing: null }))
    .sort((a, b) => placeOf(a) - placeOf(b));

  const taken = new Set(examined.map(({ home }) => home));
  const places = examined.filter(({ home, seal }) => home !== undefined || !taken.has(seal.sequence));
  /** Of the seal that comes next on the way back: its hash is proved, it is forged, or what would vouch for it is lost. */
  let known = { is: isCut ? 'lost' : 'end' };
  let loose = [];
  const learn = (next) => {
    loose = [];
    known = next;
  };
  const forge = (more = []) => {
    for (const record of [...loose, ...more]) record.standing = 'forged';
    learn({ is: 'forged' });
  };
  for (const [index, record] of [...places.entries()].reverse()) {
    const { seal, home, isSigned } = record;
    const next = places[index + 1];
    if (next && placeOf(next) > placeOf(record) + 1) learn({ is: 'lost' });
    if (home === undefined) {
      const hash = previousHashOf(tenantId, before, places, index, { known, isSignedBy });
      if (hash !== undefined) learn({ is: 'proved', hash });
      else if (known.is !== 'forged') learn({ is: 'lost' });
    } else if (isSigned || (known.is === 'proved' && known.hash === seal.hash)) {
      if (known.is === 'lost' && known.hash !== undefined && known.hash !== seal.hash) forge();
      record.standing = 'vouched';
      learn({ is: 'proved', hash: seal.previous_hash });
    } else if (known.is !== 'lost' || seal.key_id !== null || (known.hash !== undefined && known.hash !== seal.hash)) {
      forge([record]);
    } else {
      record.standing = 'unproved';
      loose.push(record);
      known = { is: 'lost', hash: seal.previous_hash };
    }
  }
  const follows = places.length > 0 && !before.isUnproved && placeOf(places[0]) === before.sequence + 1;
  if (follows && loose.length > 0 && known.hash !== before.hash) forge();
  return examined;
}

/**
 * The hash that a changed seal was made to follow, where that can be proved: with fields of it put back to what is known of
 * them besides, it makes up the very hash that is proved for it.
 */
function previousHashOf(tenantId, before, places, index, { known, isSignedBy }) {
  const { seal } = places[index];
  const [previous, next] = [places[index - 1], places[index + 1]];
  const keyIds = [seal.key_id, null, places.findLast(({ isSigned }) => isSigned)?.seal.key_id ?? null];
  let wanted = known.is === 'proved' ? known.hash : undefined;
  for (const key_id of keyIds) {
    const own = sealHashOf(tenantId, { ...seal, key_id });
    if (isSignedBy({ ...seal, key_id, hash: own })) return seal.previous_hash;
    if (isSignedBy({ ...seal, key_id })) wanted = seal.hash;
  }
  if (wanted === undefined) return undefined;
  const previousHashes = previous
    ? [previous.seal.hash, sealHashOf(tenantId, previous.seal, placeOf(previous))]
    : [before.hash];
  const entry = entryOf(places[index]);
  for (const previous_hash of [seal.previous_hash, ...previousHashes]) {
    for (const entry_hash of [seal.entry_hash, ...(entry ? [entryHashOf(tenantId, entry)] : [])]) {
      for (const sealed_at of [
        seal.sealed_at,
        ...[previous, next].filter(Boolean).map((other) => other.seal.sealed_at),
      ]) {
        for (const key_id of keyIds) {
          const link = { ...seal, previous_hash, entry_hash, sealed_at, key_id };
          if (sealHashOf(tenantId, link) === wanted) return previous_hash;
        }
      }
    }
  }
  return undefined;
}

/** What is wrong with a series of seals that have been examined. */
function faultsOf(tenantId, before, examined) {
  const faults = [];
  const at = (kind, { seal }, detail) =>
    faults.push({ kind, entry_id: seal.entry_id, sequence: seal.sequence, detail });
  let isRewritingNamed = false;
  let previous = { sequence: before.sequence, hash: before.hash, isGood: !before.isUnproved };
  for (const [index, record] of examined.entries()) {
    const { seal, home, isSigned, standing } = record;
    const entry = entryOf(record);
    if (home === undefined) at('seal_changed', record, 'the seal is not what its hash was made of');
    else if (home !== seal.sequence) at('reordered', record, `the seal stands in another place than its own, ${home}`);
    if (home !== undefined && seal.key_id === null && seal.signature !== null) {
      at('seal_changed', record, 'the seal has a signature, and says of no key that it has made it');
    }
    if (standing === 'vouched') {
      isRewritingNamed = false;
      const follows = previous.isGood && home === previous.sequence + 1;
      if (seal.key_id !== null && !isSigned) at('seal_changed', record, 'the signature of the seal is not its own');
      if (follows && seal.previous_hash !== previous.hash) {
        at('seal_changed', record, 'the seal does not follow the one before it');
      }
    } else if (standing === 'forged' && !isRewritingNamed) {
      at('rewritten', record, 'it, or another of its group, was made anew without a key that is known');
      isRewritingNamed = seal.key_id !== null;
    } else if (standing === 'unproved' && examined[index - 1]?.standing !== 'unproved') {
      const end = examined.findIndex(({ standing: other }, later) => later > index && other !== 'unproved');
      const upTo = placeOf(examined[end < 0 ? examined.length - 1 : end - 1]);
      const detail = `nothing vouches for seals ${home} to ${upTo}, which fit together: a seal behind them is gone or broken`;
      faults.push({ kind: 'unproved', entry_id: null, sequence: home, detail });
    }
    if (record.entry === null) at('missing', record, 'the entry is not in the journal any more');
    else if (home !== undefined && (!entry || entryHashOf(tenantId, entry) !== seal.entry_hash)) {
      at('changed', record, 'the entry or its postings are not what was sealed');
    }
    previous = { sequence: placeOf(record), hash: seal.hash, isGood: standing === 'vouched' };
  }
  return faults.sort((a, b) => a.sequence - b.sequence);
}

/**
 * Checks items as they come, in series of seals that end with a good signature, and remembers no more than one of them.
 * Answers the faults.
 */
async function check(header, items, { publicKeys, kept }) {
  const tenantId = header.tenant_id;
  const keys = new Map(publicKeys.map((publicKey) => [keyIdOf(publicKey), toKey(publicKey)]));
  const isSignedBy = (seal) =>
    seal.key_id !== null &&
    keys.has(seal.key_id) &&
    verify(null, Buffer.from(seal.hash, 'hex'), keys.get(seal.key_id), Buffer.from(seal.signature ?? '', 'hex'));
  const isGood = ({ seal }) => sealHashOf(tenantId, seal) === seal.hash && isSignedBy(seal);
  const faults = [];
  const counts = { sealed: 0, waiting: 0 };
  let before = { sequence: 0, hash: '0'.repeat(64) };
  let last = before;
  let series = [];
  const remembered = header.remembered_head;
  let rememberedHash = before.hash;
  let keptHash;
  let headHash;
  const fault = (kind, entryId, sequence, detail) => faults.push({ kind, entry_id: entryId, sequence, detail });

  const checkSeries = (records, { isUnproved = false, isCut = false } = {}) => {
    faults.push(
      ...faultsOf(tenantId, before, examine(tenantId, before, records, { isSignedBy, isCut: isCut || isUnproved })),
    );
    const { sequence, hash } = records.at(-1)?.seal ?? before;
    before = { sequence, hash, isUnproved };
    series = series.slice(records.length);
  };

  const take = (item) => {
    const { seal } = item;
    counts.sealed += 1;
    if (seal.sequence === kept?.sequence) keptHash = seal.hash;
    if (seal.sequence === remembered?.sequence) rememberedHash = seal.hash;
    if (seal.sequence === header.head?.sequence) headHash = seal.hash;
    if (seal.sequence <= last.sequence) {
      fault('reordered', seal.entry_id, seal.sequence, `it stands behind seal ${last.sequence}`);
      return;
    }
    if (seal.sequence > last.sequence + 1) {
      fault('seal_missing', null, last.sequence + 1, `seals ${last.sequence + 1} to ${seal.sequence - 1} are gone`);
    }
    last = { sequence: seal.sequence, hash: seal.hash };
    series.push(item);
    if (series.length < seriesMax) return;
    const good = series.findLastIndex(isGood);
    const end = good < 0 ? series.findLastIndex((record) => record.seal.key_id !== null) : good;
    checkSeries(end < 0 ? series : series.slice(0, end + 1), { isUnproved: good < 0 });
  };

  for await (const item of items) {
    if (item.seal !== null) take(item);
    else if (item.is_waiting) counts.waiting += 1;
    else {
      const what =
        item.entry.kind === null
          ? 'there are postings by this id without an entry'
          : 'the entry has no seal and waits for none';
      fault('inserted', item.entry.id, null, what);
    }
  }
  checkSeries(series, { isCut: header.head?.sequence > last.sequence });

  const ends = [header.head, remembered, kept].flatMap((given) => given?.sequence ?? []);
  for (const end of new Set(ends.filter((sequence) => sequence > last.sequence))) {
    fault('seal_missing', null, last.sequence + 1, `seals ${last.sequence + 1} to ${end} are gone`);
  }
  // Seals may have come behind it while the pages were fetched, but not before the first page.
  const isEnd = remembered?.sequence >= (header.head?.sequence ?? 0) && rememberedHash === remembered.hash;
  const isNamed = faults.some(({ kind, sequence }) => sequence === remembered?.sequence && kind !== 'changed');
  if (remembered && remembered.sequence <= last.sequence && !isEnd && !isNamed) {
    const { sequence } = header.head ?? before;
    fault('head_mismatch', null, sequence, 'the chain does not end where the ledger left it');
  }
  if (header.head && header.head.sequence <= last.sequence && headHash !== header.head.hash) {
    fault(
      'head_mismatch',
      null,
      header.head.sequence,
      'the seal there is not the one that the journal was fetched with',
    );
  }
  if (kept && kept.sequence <= last.sequence && keptHash !== kept.hash) {
    fault('head_mismatch', null, kept.sequence, 'the chain is not the one that the given head is of');
  }
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
    const { tenant_id, head, remembered_head, keys } = page;
    const fetched_at = new Date().toISOString();
    const header = { format: 'outlay journal 1', fetched_at, tenant_id, head, remembered_head, keys };
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
