import type { ledger } from '@outlay/contracts';
import { idempotent, type TenantContext } from '@outlay/platform';
import { lockAccount, toAccountMessage, updateAccount } from '../store/accounts.ts';
import { awaitBookings } from '../store/await-bookings.ts';
import { deleteUnlessReferredTo } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { referenceNotFound, refuseOtherVersion } from './reference-errors.ts';
import { tellOfReference } from './tell-of-reference.ts';

/**
 * Removes an account that nothing refers to and nothing was ever posted to, and archives any other; `archived` says which. Emits
 * outlay.ledger.account.deleted.v1 or archived.v1; one that is archived already and must stay is left as it is. Once per
 * idempotency key.
 *
 * Throws not_found `account_not_found`, precondition_failed `version_mismatch`, invalid `idempotency_key_reused`.
 */
export async function deleteAccount(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: { accountId: string; version: bigint | undefined },
): Promise<ledger.DeleteAccountResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'delete_account', request: command }, async () => {
      const stored = await lockAccount(session, command.accountId);
      if (stored === undefined) throw referenceNotFound('account');
      refuseOtherVersion(stored, command.version);
      const before = toAccountMessage(stored);
      if (await deleteUnlessReferredTo(session, 'accounts', before.id)) {
        const after = { ...before, version: before.version + 1n };
        await tellOfReference(session, context, 'account', 'deleted', { before, after });
        return { archived: false };
      }
      if (before.archivedAt === undefined) {
        const after = toAccountMessage(await updateAccount(session, { ...stored, isArchived: true }));
        await tellOfReference(session, context, 'account', 'archived', { before, after });
      }
      return { archived: true };
    }),
  );
  if (answer.archived) await awaitBookings(database, context, 'accounts', command.accountId);
  return { ...answer, replayed };
}
