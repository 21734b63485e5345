import { access } from '@outlay/contracts';
import { assertAllowed, type CallerContext, isDomainError } from '@outlay/platform';

/**
 * Whether the file of this caller makes the categories, projects and accounts that its rows name: what members and API keys
 * without the scope `references:write` may not do by themselves, their files do not do for them.
 */
export function mayMakeReferences(context: CallerContext): boolean {
  const { createCategory, createProject, createAccount } = access.ledger;
  return [createCategory, createProject, createAccount].every((rule) => {
    try {
      assertAllowed(context, rule);
      return true;
    } catch (error) {
      if (!isDomainError(error, 'forbidden')) throw error;
      return false;
    }
  });
}
