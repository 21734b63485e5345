import type { Session } from '@outlay/platform';
import { categoryDepthMax } from '../store/category-descendants.ts';
import { readAncestry, readHeight } from '../store/category-tree.ts';
import { type PlaceFault, placeFault } from './reference-errors.ts';

/**
 * Sees to it that a category, with all beneath it, can stand beneath another one; a new one has no id yet. The caller holds
 * the lock of the tree. Throws invalid `parent_id`: not_found, archived, cycle, too_deep.
 */
export async function checkPlace(
  session: Session,
  { categoryId, parentId }: { categoryId?: string; parentId: string },
): Promise<void> {
  const fault = await faultOf(session, categoryId, parentId);
  if (fault !== undefined) throw placeFault(fault);
}

async function faultOf(
  session: Session,
  categoryId: string | undefined,
  parentId: string,
): Promise<PlaceFault | undefined> {
  const parent = await readAncestry(session, parentId);
  if (parent === undefined) return 'not_found';
  if (categoryId !== undefined && parent.ids.includes(categoryId)) return 'cycle';
  if (parent.isArchived) return 'archived';
  const height = categoryId === undefined ? 1 : await readHeight(session, categoryId);
  return parent.depth + height > categoryDepthMax ? 'too_deep' : undefined;
}
