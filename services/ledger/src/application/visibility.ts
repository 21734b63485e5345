import type { TenantContext } from '@outlay/platform';

/** Members see and change what is theirs; everyone else of the tenant sees all of it. */
export const maySee = (context: TenantContext, expense: { userId: string }): boolean =>
  context.role !== 'member' || expense.userId === context.actor.id;
