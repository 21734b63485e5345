import { ledger } from '@outlay/contracts';
import { idempotent, newId, type TenantContext } from '@outlay/platform';
import { insertCategory } from '../store/categories.ts';
import { lockTree } from '../store/category-tree.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { checkPlace } from './place-category.ts';
import { nameTaken } from './reference-errors.ts';
import { tellOfReference } from './tell-of-reference.ts';

export interface CreateCategory {
  name: string;
  /** The category it is to stand beneath; undefined: at the top. */
  parentId: string | undefined;
  description: string;
}

/**
 * Makes a category, at the top of the tree or beneath another one; names are taken by what is not archived, wherever in
 * the tree. Emits outlay.ledger.category.created.v1. Once per idempotency key.
 *
 * Throws conflict `name_taken`, invalid with `parent_id` (not_found, archived, too_deep), invalid
 * `idempotency_key_reused`.
 */
export async function createCategory(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: CreateCategory,
): Promise<ledger.CreateCategoryResponse> {
  const { parentId } = command;
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_category', request: command }, async () => {
      if (parentId !== undefined) {
        await lockTree(session);
        await checkPlace(session, { parentId });
      }
      const category = await insertCategory(session, { id: newId(), ...command });
      if (category === undefined) throw nameTaken('category');
      await tellOfReference(session, context, 'category', 'created', { after: category });
      return ledger.Category.toJSON(category);
    }),
  );
  return { category: ledger.Category.fromJSON(answer), replayed };
}
