import type { ledger } from '@outlay/contracts';
import { idempotent, type TenantContext } from '@outlay/platform';
import { awaitBookings } from '../store/await-bookings.ts';
import { lockCategory, updateCategory } from '../store/categories.ts';
import { hasActiveChildren, lockTree } from '../store/category-tree.ts';
import { deleteUnlessReferredTo } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { hasChildren, referenceNotFound, refuseOtherVersion } from './reference-errors.ts';
import { tellOfReference } from './tell-of-reference.ts';

/**
 * Removes a category that nothing refers to and nothing was ever posted to, and archives any other; `archived` says
 * which. It must have no children but archived ones. Emits
 * outlay.ledger.category.deleted.v1 or archived.v1; one that is archived already and must stay is left as it is. Once per
 * idempotency key.
 *
 * Throws not_found `category_not_found`, precondition_failed `version_mismatch`, conflict `category_has_children`,
 * invalid `idempotency_key_reused`.
 */
export async function deleteCategory(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: { categoryId: string; version: bigint | undefined },
): Promise<ledger.DeleteCategoryResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'delete_category', request: command }, async () => {
      await lockTree(session);
      const before = await lockCategory(session, command.categoryId);
      if (before === undefined) throw referenceNotFound('category');
      refuseOtherVersion(before, command.version);
      if (await hasActiveChildren(session, before.id)) throw hasChildren();
      if (await deleteUnlessReferredTo(session, 'categories', before.id)) {
        const after = { ...before, version: before.version + 1n };
        await tellOfReference(session, context, 'category', 'deleted', { before, after });
        return { archived: false };
      }
      if (before.archivedAt === undefined) {
        const after = await updateCategory(session, {
          ...before,
          parentId: before.parentId || undefined,
          isArchived: true,
        });
        await tellOfReference(session, context, 'category', 'archived', { before, after });
      }
      return { archived: true };
    }),
  );
  if (answer.archived) await awaitBookings(database, context, 'categories', command.categoryId);
  return { ...answer, replayed };
}
