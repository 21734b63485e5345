import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { conflict, idempotent, newId, recordAudit, type TenantContext } from '@outlay/platform';
import type { LedgerDependencies } from './dependencies.ts';

export interface CreateAccount {
  name: string;
  kind: 'cash' | 'bank' | 'card' | 'other';
  /** Undefined: the tenant's. */
  currency: string | undefined;
}

/**
 * Makes an account that expenses can be paid from. Emits outlay.ledger.account.created.v1. Once per idempotency key.
 * Throws conflict `name_taken`, invalid `idempotency_key_reused`, and
 * where the tenant's currency is wanted what TenantBooks.currencyOf throws.
 */
export async function createAccount(
  { database, tenants }: LedgerDependencies,
  context: TenantContext,
  command: CreateAccount,
): Promise<ledger.CreateAccountResponse> {
  const { tenantId } = context;
  const currency = command.currency ?? (await tenants.currencyOf(context));
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_account', request: command }, async () => {
      const [account] = await session.prisma.account.createManyAndReturn({
        data: [{ tenantId, id: newId(), name: command.name, kind: command.kind, currency }],
        skipDuplicates: true,
      });
      if (account === undefined) throw conflict('name_taken', 'There is an account of this name');
      const after = ledger.Account.toJSON(account);
      await recordAudit(session, context, {
        action: 'account.created',
        entity: 'account',
        entityId: account.id,
        after,
      });
      await enqueueEvents(session, context, [
        {
          type: 'outlay.ledger.account.created.v1',
          tenantId,
          subject: account.id,
          aggregateVersion: account.version,
          data: { account },
        },
      ]);
      return after;
    }),
  );
  return { account: ledger.Account.fromJSON(answer), replayed };
}
