import { hash } from 'node:crypto';
import type { Session, TenantId } from '@outlay/platform';
import { categoryDepthMax } from '../store/category-descendants.ts';
import type { PricedRow } from './decide-batch.ts';
import { type ExportName, exportColumns, exportHeader } from './file/export-columns.ts';
import type { FileFormat } from './file/file-format.ts';
import { cut, nameLengthMax } from './file/row-text.ts';
import type { ImportState } from './import-state.ts';
import { lockNames } from './lock-names.ts';
import { namesShown, type Renaming } from './survey.ts';

/** Something that rows name, told apart from all else in their file. */
interface Named {
  kind: 'account' | 'category';
  identity: Buffer;
  /** For people. */
  given: string;
  /** What it may be called here; what is tried first comes first. */
  candidates: readonly string[];
  /** Whether something that is there is the same; what is above it has its name by then. */
  isSame: (there: Live, names: Names) => boolean;
}

/** What is called so here, by identity in hexadecimal digits. */
type Names = ReadonlyMap<string, string>;

/** An account, or a category with what it is directly beneath. */
interface Live {
  name: string;
  kind?: string;
  currency?: string;
  parent?: string | null;
}

/**
 * Gives what rows of an export of ours name the name that it has here: an account is the same where name, kind and currency
 * are, a category where its whole path is. Where something else has the name, it is called otherwise, as live names are one of
 * a kind: what has been made so before is found, or it will be made. Decided once for an import, in the session's transaction;
 * what another batch or import decides of the same names at the same moment is waited for. Rows of other files are answered
 * as they are.
 */
export async function resolveNames<Row extends PricedRow>(
  session: Session,
  context: { tenantId: TenantId },
  state: ImportState,
  rows: readonly Row[],
): Promise<Row[]> {
  if (state.format?.kind !== 'outlay') return [...rows];
  const says = sayingOf(state.format);
  const all = namedBy(rows, says);
  if (all.length === 0) return [...rows];
  const names = await readMeanings(session, context, state.id, all);
  const open = all.filter((one) => !names.has(keyOf(one)));
  if (open.length > 0) {
    await lockNames(session, open);
    // Read once more: another batch may have decided meanwhile.
    for (const [key, name] of await readMeanings(session, context, state.id, all)) names.set(key, name);
    await decide(session, context, state.id, { all, names });
  }
  return rows.map((row) => renamed(row, names, says));
}

/** Which of our columns an export has: a spreadsheet may have left some out. */
export const sayingOf = ({ headers }: FileFormat): Says => {
  const columns = exportColumns(headers.length > 0 ? headers : exportHeader);
  return (column) => columns.has(column);
};

type Says = (column: ExportName) => boolean;

/** What an import calls otherwise than its file does; some of it, where it is much. */
export async function listRenamed(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<Renaming[]> {
  const { rows } = await session.query<Renaming>(renamedStatement, [context.tenantId, importId, namesShown]);
  return rows;
}

/** Adds to `names` what is not decided yet, and keeps it. */
async function decide(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  { all, names }: { all: readonly Named[]; names: Map<string, string> },
): Promise<void> {
  const open = all.filter((one) => !names.has(keyOf(one)));
  for (const kind of ['account', 'category'] as const) {
    const ofKind = open.filter((one) => one.kind === kind);
    const candidates = ofKind.flatMap((one) => one.candidates);
    if (candidates.length === 0) continue;
    const { rows: live } = await session.query<Live>(liveStatements[kind], [context.tenantId, candidates]);
    const { rows: meant } = await session.query<{ name: string }>(takenStatement, [
      ...[context.tenantId, importId, kind, candidates],
    ]);
    const there = new Map(live.map((one) => [one.name, one]));
    const taken = new Set(meant.map(({ name }) => name));
    for (const one of ofKind) {
      const name = choose(one, there, taken, names);
      taken.add(name);
      names.set(keyOf(one), name);
    }
  }
  await session.query(keepStatement, [
    ...[context.tenantId, importId, open.map(({ kind }) => kind), open.map(({ identity }) => identity)],
    ...[open.map(({ given }) => given), open.map((one) => names.get(keyOf(one)))],
    open.map((one) => names.get(keyOf(one)) !== one.candidates[0]),
  ]);
}

function choose(
  { candidates, isSame }: Named,
  there: ReadonlyMap<string, Live>,
  taken: ReadonlySet<string>,
  names: Names,
): string {
  const open = candidates.filter((name) => !taken.has(name));
  const same = open.find((name) => {
    const one = there.get(name);
    return one !== undefined && isSame(one, names);
  });
  const chosen = same ?? open.find((name) => !there.has(name));
  // The last candidate has part of a digest in it.
  if (chosen === undefined) throw new Error('What an export names can be called by no name');
  return chosen;
}

/** Each once, what is above something before it. */
function namedBy(rows: readonly PricedRow[], says: Says): Named[] {
  const found = new Map<string, Named>();
  const add = (one: Named): void => {
    if (!found.has(keyOf(one))) found.set(keyOf(one), one);
  };
  for (const { purchase } of rows) {
    if (purchase.account) add(namedAccount(purchase.account, says));
    for (const depth of purchase.categoryPath.keys()) add(namedCategory(purchase.categoryPath.slice(0, depth + 1)));
  }
  return [...found.values()];
}

function namedAccount({ name, kind, currency }: NonNullable<PricedRow['purchase']['account']>, says: Says): Named {
  const identity = identityOf('account', name, kind, currency);
  return {
    ...{ kind: 'account', identity, given: name },
    candidates: [
      name,
      ...[currency, kind, `${kind}, ${currency}`, identity.toString('hex')].map((mark) => marked(name, mark)),
    ],
    isSame: (there) =>
      (!says('account_kind') || there.kind === kind) && (!says('account_currency') || there.currency === currency),
  };
}

function namedCategory(path: readonly string[]): Named {
  const identity = identityOf('category', ...path);
  const name = path.at(-1) ?? '';
  const above = path.slice(0, -1);
  // What would be too deep begins at the top again (ensure-references.ts).
  const isTop = above.length % categoryDepthMax === 0;
  const parentKey = identityOf('category', ...above).toString('hex');
  return {
    ...{ kind: 'category', identity, given: path.join(' / ') },
    candidates: [name, ...[...above.slice(-1), '2', '3', identity.toString('hex')].map((mark) => marked(name, mark))],
    isSame: ({ parent }, names) => (parent ?? undefined) === (isTop ? undefined : names.get(parentKey)),
  };
}

const marked = (name: string, mark: string): string => {
  const suffix = ` (${cut(mark, markLengthMax)})`;
  return `${cut(name, nameLengthMax - suffix.length).trimEnd()}${suffix}`;
};

const markLengthMax = 80;

const identityOf = (...parts: readonly string[]): Buffer =>
  hash('sha256', JSON.stringify(parts), 'buffer').subarray(0, 16);

const keyOf = ({ identity }: Pick<Named, 'identity'>): string => identity.toString('hex');

function renamed<Row extends PricedRow>(row: Row, names: Names, says: Says): Row {
  const { purchase } = row;
  const { account, category, categoryPath } = purchase;
  const nameOf = (one: Named): string => names.get(keyOf(one)) ?? one.given;
  const path = categoryPath.map((_, depth) => nameOf(namedCategory(categoryPath.slice(0, depth + 1))));
  return {
    ...row,
    purchase: {
      ...purchase,
      account: account && { ...account, name: nameOf(namedAccount(account, says)) },
      category: category === categoryPath.at(-1) ? (path.at(-1) ?? '') : category,
      categoryPath: path,
    },
  };
}

async function readMeanings(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  all: readonly Named[],
): Promise<Map<string, string>> {
  const { rows } = await session.query<{ identity: Buffer; name: string }>(meaningsStatement, [
    ...[context.tenantId, importId, all.map(({ identity }) => identity)],
  ]);
  return new Map(rows.map((row) => [keyOf(row), row.name]));
}

const meaningsStatement = {
  name: 'read_import_meanings',
  text: `
select import_meanings.identity, import_meanings.name from import_meanings
where import_meanings.tenant_id = $1 and import_meanings.import_id = $2
  and import_meanings.identity = any ($3::bytea[])`,
};

const takenStatement = {
  name: 'find_meant_names',
  text: `
select import_meanings.name from import_meanings
where import_meanings.tenant_id = $1 and import_meanings.import_id = $2 and import_meanings.kind = $3
  and import_meanings.name = any ($4::text[])`,
};

const liveStatements = {
  account: {
    name: 'find_accounts_alike',
    text: `
select accounts.name, accounts.kind, accounts.currency from accounts
where accounts.tenant_id = $1 and accounts.name = any ($2::text[]) and accounts.archived_at is null`,
  },
  category: {
    name: 'find_categories_alike',
    text: `
select categories.name, above.name as parent
from categories
left join categories as above on above.tenant_id = categories.tenant_id and above.id = categories.parent_id
where categories.tenant_id = $1 and categories.name = any ($2::text[]) and categories.archived_at is null`,
  },
};

const keepStatement = {
  name: 'keep_import_meanings',
  text: `
insert into import_meanings (tenant_id, import_id, kind, identity, given, name, is_renamed)
select $1::uuid, $2::uuid, meant.kind, meant.identity, meant.given, meant.name, meant.is_renamed
from unnest($3::text[], $4::bytea[], $5::text[], $6::text[], $7::boolean[])
  as meant (kind, identity, given, name, is_renamed)`,
};

const renamedStatement = {
  name: 'list_renamed_by_import',
  text: `
select import_meanings.kind, import_meanings.given, import_meanings.name from import_meanings
where import_meanings.tenant_id = $1 and import_meanings.import_id = $2 and import_meanings.is_renamed
order by import_meanings.kind, import_meanings.name
limit $3`,
};
