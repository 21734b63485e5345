import type { Session, TenantId } from '@outlay/platform';
import type { Purchase } from './file/parse-row.ts';

/** By what a purchase is known: a digest, and its place among the equal ones of its file, from 1. */
export interface PurchaseKey {
  digest: Buffer;
  ordinal: number;
}

/** A row that can be booked, and what tells it apart from all others of the tenant. */
export interface IdentifiedRow {
  line: number;
  /** What its row says; and the id that its source gave it, where it has one. One that is known makes it a duplicate. */
  keys: readonly [PurchaseKey, ...PurchaseKey[]];
  /** Where it is claimed for its user alone: its key among what is claimed for all. */
  keyAmongAll?: PurchaseKey | undefined;
  /** It says what a row before it says, under the same id of its source: it is the same purchase, and claims nothing. */
  isRepeat?: boolean;
  purchase: Purchase;
}

/**
 * Claims the purchases that nobody has imported yet for the expenses they are to become. Answers, by the id of that
 * expense, what each of the others repeats. An import that is claiming the same purchase at this moment is waited for;
 * claims go in by digest, so that two imports never wait for each other.
 */
export async function claimPurchases<Row extends Pick<IdentifiedRow, 'keys'> & { expenseId: string }>(
  session: Session,
  context: { tenantId: TenantId },
  rows: readonly Row[],
): Promise<ReadonlyMap<string, string>> {
  const keys = rows.flatMap((row) => row.keys.map((key) => ({ ...key, expenseId: row.expenseId })));
  if (keys.length === 0) return new Map();
  const values = [context.tenantId, keys.map((key) => key.digest), keys.map((key) => key.ordinal)];
  const { rows: claimed } = await session.query<{ position: number }>(claimStatement, [
    ...values,
    keys.map((key) => key.expenseId),
  ]);
  if (claimed.length === keys.length) return new Map();
  const won = new Set(claimed.map((row) => Number(row.position) - 1));
  const lost = keys.filter((_, index) => !won.has(index));
  // A statement of its own, as only a later one sees what a concurrent import has committed meanwhile.
  const originals = await findClaimed(session, context, lost);
  const repeats = new Map<string, string>();
  for (const [index, key] of lost.entries()) {
    const original = originals[index];
    if (original === undefined) throw new Error('A purchase that was claimed cannot be found');
    if (!repeats.has(key.expenseId)) repeats.set(key.expenseId, original);
  }
  // Known by one of its keys, from now on it is known by the other as well.
  const strays = keys.filter((key, index) => won.has(index) && repeats.has(key.expenseId));
  if (strays.length > 0) {
    await session.query(repointStatement, [
      ...[context.tenantId, strays.map((key) => key.digest), strays.map((key) => key.ordinal)],
      strays.map((key) => repeats.get(key.expenseId)),
    ]);
  }
  return repeats;
}

/**
 * Has rows that were seen to repeat something be known by each of their keys, as claimPurchases does; those but for what was taken
 * back since, which can be imported again.
 */
export async function claimRepeats(
  session: Session,
  context: { tenantId: TenantId },
  rows: readonly (Pick<IdentifiedRow, 'keys'> & { originalId: string })[],
): Promise<void> {
  const keys = rows.flatMap(({ keys: ofRow, originalId }) =>
    ofRow.length > 1 ? ofRow.map((key) => ({ ...key, originalId })) : [],
  );
  if (keys.length === 0) return;
  await session.query(claimRepeatsStatement, [
    ...[context.tenantId, keys.map((key) => key.digest), keys.map((key) => key.ordinal)],
    keys.map((key) => key.originalId),
  ]);
}

/** What rows repeat that were imported before, in their order; undefined for those that are new. */
export async function findRepeated(
  session: Session,
  context: { tenantId: TenantId },
  rows: readonly Pick<IdentifiedRow, 'keys'>[],
): Promise<(string | undefined)[]> {
  const found = await findClaimed(
    session,
    context,
    rows.flatMap((row) => row.keys),
  );
  let position = 0;
  return rows.map(({ keys }) => {
    const originals = found.slice(position, position + keys.length);
    position += keys.length;
    return originals.find((original) => original !== undefined);
  });
}

async function findClaimed(
  session: Session,
  context: { tenantId: TenantId },
  keys: readonly PurchaseKey[],
): Promise<(string | undefined)[]> {
  if (keys.length === 0) return [];
  const { rows } = await session.query<{ expense_id: string | null }>(findStatement, [
    ...[context.tenantId, keys.map((key) => key.digest), keys.map((key) => key.ordinal)],
  ]);
  return rows.map((row) => row.expense_id ?? undefined);
}

// What was inserted is told by its place in the input, as several keys may have the same expense.
const claimStatement = {
  name: 'claim_purchases',
  text: `
with input as materialized (
  select row.digest, row.ordinal, row.expense_id, row.position
  from unnest($2::bytea[], $3::int[], $4::uuid[]) with ordinality as row (digest, ordinal, expense_id, position)
), claimed as (
  insert into imported_purchases (tenant_id, fingerprint, ordinal, expense_id)
  select $1::uuid, input.digest, input.ordinal, input.expense_id
  from input
  order by input.digest, input.ordinal
  on conflict do nothing
  returning imported_purchases.fingerprint, imported_purchases.ordinal
)
select input.position::int from claimed
join input on input.digest = claimed.fingerprint and input.ordinal = claimed.ordinal`,
};

const claimRepeatsStatement = {
  name: 'claim_repeats',
  text: `
insert into imported_purchases (tenant_id, fingerprint, ordinal, expense_id)
select $1::uuid, row.digest, row.ordinal, row.original_id
from unnest($2::bytea[], $3::int[], $4::uuid[]) as row (digest, ordinal, original_id)
cross join lateral (
  select from imported_purchases
  where imported_purchases.tenant_id = $1 and imported_purchases.expense_id = row.original_id
  limit 1
) as known
order by row.digest, row.ordinal
on conflict do nothing`,
};

// Lateral and kept so by offset 0: the index is used even with a plan from when the table was empty. Nothing but plain
// comparisons, as row-level security keeps conditions with other functions (decode) away from the index.
const findStatement = {
  name: 'find_claimed_purchases',
  text: `
select claimed.expense_id
from unnest($2::bytea[], $3::int[]) with ordinality as row (digest, ordinal, position)
left join lateral (
  select imported_purchases.expense_id from imported_purchases
  where imported_purchases.tenant_id = $1 and imported_purchases.fingerprint = row.digest
    and imported_purchases.ordinal = row.ordinal
  offset 0
) as claimed on true
order by row.position`,
};

const repointStatement = {
  name: 'repoint_claims',
  text: `
update imported_purchases set expense_id = row.expense_id
from unnest($2::bytea[], $3::int[], $4::uuid[]) as row (digest, ordinal, expense_id)
where imported_purchases.tenant_id = $1 and imported_purchases.fingerprint = row.digest
  and imported_purchases.ordinal = row.ordinal`,
};

/** Lets purchases in again whose expenses were taken back. */
export async function releasePurchases(
  session: Session,
  context: { tenantId: TenantId },
  expenseIds: readonly string[],
): Promise<void> {
  await session.query(
    {
      name: 'release_purchases',
      text: `
delete from imported_purchases
where imported_purchases.tenant_id = $1 and imported_purchases.expense_id = any ($2::uuid[])`,
    },
    [context.tenantId, expenseIds],
  );
}
