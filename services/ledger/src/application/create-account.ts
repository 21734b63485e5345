import { type AccountKind, ledger } from '@outlay/contracts';
import { idempotent, newId, type TenantContext } from '@outlay/platform';
import { type OpeningBalance, openingOf } from '../domain/journal-entry.ts';
import { insertAccount, toAccountMessage } from '../store/accounts.ts';
import { insertEntries } from '../store/journal.ts';
import { warningsIn, withWarnings } from '../store/plan-limits.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { nameTaken } from './reference-errors.ts';
import { tellOfReference } from './tell-of-reference.ts';
import { refuseOtherCurrency } from './update-account.ts';

export interface CreateAccount {
  name: string;
  kind: AccountKind;
  /** Undefined: the tenant's. */
  currency: string | undefined;
  description: string;
  /** What it held before its first expense, in its own currency; undefined: not known. */
  openingBalance: OpeningBalance | undefined;
}

/**
 * Makes an account that expenses can be paid from; names are taken by what is not archived. Its opening balance is booked
 * in its own currency against the ledger account "Opening balances", which does not fix the tenant's currency: nothing is
 * converted. Emits outlay.ledger.account.created.v1. Once per idempotency key.
 *
 * Throws conflict `name_taken`, forbidden `plan_limit_reached`, invalid with `opening_balance` (currency_mismatch), invalid
 * `idempotency_key_reused`, and what TenantBooks.currencyOf throws.
 */
export async function createAccount(
  { database, tenants }: LedgerDependencies,
  context: TenantContext,
  command: CreateAccount,
): Promise<ledger.CreateAccountResponse> {
  const currencyOfBooks = await tenants.currencyOf(context);
  const { currency = currencyOfBooks, openingBalance, ...account } = command;
  refuseOtherCurrency(openingBalance, currency);
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_account', request: command }, async () => {
      const opening = openingBalance && { ...openingBalance, entryId: newId() };
      const made = await insertAccount(session, { ...account, id: newId(), currency, opening });
      if (made === undefined) throw nameTaken('account');
      if (opening) await insertEntries(session, [openingOf(opening, { entryId: opening.entryId, accountId: made.id })]);
      const after = toAccountMessage(made);
      await tellOfReference(session, context, 'account', 'created', { after });
      return withWarnings(session, ledger.Account.toJSON(after));
    }),
  );
  return { account: ledger.Account.fromJSON(answer), replayed, warnings: warningsIn(answer) };
}
