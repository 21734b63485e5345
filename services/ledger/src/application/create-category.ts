import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { conflict, idempotent, newId, recordAudit, type TenantContext } from '@outlay/platform';
import type { LedgerDependencies } from './dependencies.ts';

/**
 * Makes a category. Emits outlay.ledger.category.created.v1. Once per idempotency key.
 * Throws conflict `name_taken`, invalid `idempotency_key_reused`.
 */
export async function createCategory(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: { name: string },
): Promise<ledger.CreateCategoryResponse> {
  const { tenantId } = context;
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_category', request: command }, async () => {
      const [category] = await session.prisma.category.createManyAndReturn({
        data: [{ tenantId, id: newId(), name: command.name }],
        skipDuplicates: true,
      });
      if (category === undefined) throw conflict('name_taken', 'There is a category of this name');
      const after = ledger.Category.toJSON(category);
      await recordAudit(session, context, {
        action: 'category.created',
        entity: 'category',
        entityId: category.id,
        after,
      });
      await enqueueEvents(session, context, [
        {
          type: 'outlay.ledger.category.created.v1',
          tenantId,
          subject: category.id,
          aggregateVersion: category.version,
          data: { category },
        },
      ]);
      return after;
    }),
  );
  return { category: ledger.Category.fromJSON(answer), replayed };
}
