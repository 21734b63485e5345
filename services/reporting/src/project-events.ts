import type { Session } from '@outlay/platform';
import { type ProjectedEvent, toChange } from './change.ts';
import { projectExpenses } from './project-expenses.ts';
import { projectNames } from './project-names.ts';
import { projectTenant } from './project-tenant.ts';
import { shareFigures } from './rebuild-lock.ts';

/**
 * Applies events of one tenant to its read models, in the session's transaction. Any order, any repetition and any
 * number of concurrent callers lead to the same figures.
 */
export async function projectEvents(session: Session, events: readonly ProjectedEvent[]): Promise<void> {
  const changes = events.map(toChange);
  const expenses = changes.filter((change) => change.kind === 'expense');
  const names = changes.filter((change) => change.kind === 'name').map((change) => change.name);
  const tenants = changes.filter((change) => change.kind === 'tenant');

  await shareFigures(session);
  for (const tenant of tenants) await projectTenant(session, tenant);
  await projectNames(session, [...names, ...expenses.flatMap((expense) => expense.names)]);
  await projectExpenses(
    session,
    expenses.map((expense) => expense.state),
  );
}
