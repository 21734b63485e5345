import { type AccountKind, ledger } from '@outlay/contracts';
import { idempotent, invalid, newId, type Session, type TenantContext } from '@outlay/platform';
import { booksDisagree } from '../domain/books-disagree.ts';
import { type OpeningBalance, openingOf, reversalOf } from '../domain/journal-entry.ts';
import { lockAccount, type StoredAccount, updateAccount as storeAccount, toAccountMessage } from '../store/accounts.ts';
import { awaitBookings } from '../store/await-bookings.ts';
import { hasOpeningInForce, insertEntries } from '../store/journal.ts';
import { warningsIn, withWarnings } from '../store/plan-limits.ts';
import { unlessNameTaken } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { nameTaken, referenceNotFound, refuseOtherVersion } from './reference-errors.ts';
import { changeOf, tellOfReference } from './tell-of-reference.ts';

export interface UpdateAccount {
  accountId: string;
  /** What is to be different; a field that is absent stays. An opening balance that is there as undefined: none. */
  changes: {
    name?: string;
    kind?: AccountKind;
    currency?: string;
    description?: string;
    openingBalance?: OpeningBalance | undefined;
  };
  /** Undefined: as it is. */
  isArchived: boolean | undefined;
  /** The version the caller has seen; undefined: whichever. */
  version: bigint | undefined;
}

/**
 * Renames, describes, archives or restores an account, and says what it held before its first expense: the entry of an
 * earlier opening balance is reversed and the new one booked. Its currency stays. What is as it was already changes
 * nothing and makes no version. Emits outlay.ledger.account.updated.v1, or archived or restored where that changes. Once
 * per idempotency key.
 *
 * Throws not_found `account_not_found`, precondition_failed `version_mismatch`, conflict `name_taken`, conflict
 * `books_disagree` where the opening balance that it shows is not the one in force, invalid with `currency` (immutable) or `opening_balance` (currency_mismatch), forbidden `plan_limit_reached` for one that is
 * restored, invalid `idempotency_key_reused`.
 */
export async function updateAccount(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: UpdateAccount,
): Promise<ledger.UpdateAccountResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'update_account', request: command }, async () =>
      withWarnings(session, ledger.Account.toJSON(await update(session, context, command))),
    ),
  );
  if (command.isArchived) await awaitBookings(database, context, 'accounts', command.accountId);
  return { account: ledger.Account.fromJSON(answer), replayed, warnings: warningsIn(answer) };
}

async function update(session: Session, context: TenantContext, command: UpdateAccount): Promise<ledger.Account> {
  const stored = await lockAccount(session, command.accountId);
  if (stored === undefined) throw referenceNotFound('account');
  refuseOtherVersion(stored, command.version);
  const { currency = stored.currency, openingBalance, ...changes } = command.changes;
  if (currency !== stored.currency) throw invalid('currency', 'immutable', 'cannot change: postings are in it');

  const before = toAccountMessage(stored);
  const isArchived = command.isArchived ?? stored.archivedAt !== undefined;
  const opening = 'openingBalance' in command.changes ? await reopen(session, stored, openingBalance) : stored.opening;
  const wanted = { ...stored, ...changes, opening, isArchived };
  const what = changeOf(stored, isArchived);
  const isSame =
    wanted.name === stored.name &&
    wanted.kind === stored.kind &&
    wanted.description === stored.description &&
    opening === stored.opening;
  if (what === 'updated' && isSame) return before;

  const changed = await unlessNameTaken(() => storeAccount(session, wanted));
  if (changed === undefined) throw nameTaken('account');
  const after = toAccountMessage(changed);
  await tellOfReference(session, context, 'account', what, { before, after });
  return after;
}

/** Takes an opening balance back and books another in its place; the same one stays. */
async function reopen(
  session: Session,
  { id: accountId, currency, opening }: StoredAccount,
  wanted: OpeningBalance | undefined,
): Promise<StoredAccount['opening']> {
  refuseOtherCurrency(wanted, currency);
  const isSame = wanted?.date === opening?.date && wanted?.amount.amountMinor === opening?.amount.amountMinor;
  if (isSame) return opening;
  // Where one is shown, its reversal is refused unless that is the one in force.
  if (opening === undefined && (await hasOpeningInForce(session, accountId))) throw booksDisagree('account');
  const made = wanted && { ...wanted, entryId: newId() };
  await insertEntries(session, [
    ...(opening ? [reversalOf(openingOf(opening, { entryId: opening.entryId, accountId }), newId())] : []),
    ...(made ? [openingOf(made, { entryId: made.entryId, accountId })] : []),
  ]);
  return made;
}

/** Throws invalid `opening_balance` where it is in another currency than the account. */
export function refuseOtherCurrency(opening: OpeningBalance | undefined, currency: string): void {
  if (opening === undefined || opening.amount.currency === currency) return;
  throw invalid('opening_balance', 'currency_mismatch', `must be in the currency of the account, ${currency}`);
}
