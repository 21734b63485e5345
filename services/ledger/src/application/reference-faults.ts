import type { BookableExpense } from '../domain/booking.ts';
import type { BookingBasis } from '../store/prepare-booking.ts';
import type { ReferenceFault } from './expense-errors.ts';

const references = [
  { key: 'categoryId', field: 'category_id' },
  { key: 'accountId', field: 'account_id' },
  { key: 'projectId', field: 'project_id' },
] as const;

type Referring = Pick<BookableExpense, (typeof references)[number]['key']>;

/**
 * What an expense refers to that does not exist, or that is archived: nothing new may refer to that, while an expense that
 * did before (`current`) goes on doing so. `basis` must have been read for the expense.
 */
export const referenceFaultsOf = (
  expense: Referring,
  { names, archivedIds }: Pick<BookingBasis, 'names' | 'archivedIds'>,
  current?: Referring,
): ReferenceFault[] =>
  references.flatMap(({ key, field }): ReferenceFault[] => {
    const id = expense[key];
    if (id === undefined) return [];
    if (!names.has(id)) return [{ field, code: 'not_found' }];
    return archivedIds.has(id) && current?.[key] !== id ? [{ field, code: 'archived' }] : [];
  });
