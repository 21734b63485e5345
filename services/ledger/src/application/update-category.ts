import { ledger } from '@outlay/contracts';
import { idempotent, type Session, type TenantContext } from '@outlay/platform';
import { awaitBookings } from '../store/await-bookings.ts';
import { lockCategory, updateCategory as storeCategory } from '../store/categories.ts';
import { hasActiveChildren, lockTree, readAncestry } from '../store/category-tree.ts';
import { unlessNameTaken } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { checkPlace } from './place-category.ts';
import { hasChildren, nameTaken, parentArchived, referenceNotFound, refuseOtherVersion } from './reference-errors.ts';
import { changeOf, tellOfReference } from './tell-of-reference.ts';

export interface UpdateCategory {
  categoryId: string;
  /** What is to be different; a field that is absent stays. A parent that is there as undefined: at the top. */
  changes: { name?: string; parentId?: string | undefined; description?: string };
  /** Undefined: as it is. */
  isArchived: boolean | undefined;
  /** The version the caller has seen; undefined: whichever. */
  version: bigint | undefined;
}

/**
 * Renames, describes, moves, archives or restores a category; all beneath it moves along. Expenses and the books show it
 * under its present name, books of before under the one it had. What is as it was already changes nothing and makes
 * no version. Emits outlay.ledger.category.updated.v1, or archived or restored where that changes. Once per idempotency
 * key.
 *
 * Changes of a tenant's tree wait for each other, so that it is a tree whatever is done to it at once. Beneath an archived
 * category there are archived ones alone: who archives begins at the leaves, who restores at the top.
 *
 * Throws not_found `category_not_found`, precondition_failed `version_mismatch`, conflict `name_taken`,
 * `category_has_children`, `parent_archived`, invalid with `parent_id` (not_found, archived, cycle, too_deep),
 * invalid `idempotency_key_reused`.
 */
export async function updateCategory(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: UpdateCategory,
): Promise<ledger.UpdateCategoryResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'update_category', request: command }, async () =>
      ledger.Category.toJSON(await update(session, context, command)),
    ),
  );
  if (command.isArchived) await awaitBookings(database, context, 'categories', command.categoryId);
  return { category: ledger.Category.fromJSON(answer), replayed };
}

async function update(session: Session, context: TenantContext, command: UpdateCategory): Promise<ledger.Category> {
  if ('parentId' in command.changes || command.isArchived !== undefined) await lockTree(session);
  const before = await lockCategory(session, command.categoryId);
  if (before === undefined) throw referenceNotFound('category');
  refuseOtherVersion(before, command.version);

  const isArchived = command.isArchived ?? before.archivedAt !== undefined;
  const current = { ...before, parentId: before.parentId || undefined, isArchived };
  const wanted = { ...current, ...command.changes };
  const what = changeOf(before, isArchived);
  const isMoved = wanted.parentId !== current.parentId;
  const isSame = !isMoved && wanted.name === before.name && wanted.description === before.description;
  if (what === 'updated' && isSame) return before;
  if (isMoved && wanted.parentId !== undefined) {
    await checkPlace(session, { categoryId: before.id, parentId: wanted.parentId });
  }
  if (what === 'archived' && (await hasActiveChildren(session, before.id))) throw hasChildren();
  if (what === 'restored' && wanted.parentId !== undefined) {
    const parent = await readAncestry(session, wanted.parentId);
    if (parent?.isArchived) throw parentArchived();
  }

  const after = await unlessNameTaken(() => storeCategory(session, wanted));
  if (after === undefined) throw nameTaken('category');
  await tellOfReference(session, context, 'category', what, { before, after });
  return after;
}
