import { ledger } from '@outlay/contracts';
import { idempotent, type TenantContext } from '@outlay/platform';
import { awaitBookings } from '../store/await-bookings.ts';
import { warningsIn, withWarnings } from '../store/plan-limits.ts';
import { lockProject, updateProject as storeProject } from '../store/projects.ts';
import { unlessNameTaken } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { nameTaken, referenceNotFound, refuseOtherVersion } from './reference-errors.ts';
import { changeOf, tellOfReference } from './tell-of-reference.ts';

export interface UpdateProject {
  projectId: string;
  /** What is to be different; a field that is absent stays. */
  changes: Partial<{ name: string; code: string; description: string }>;
  /** Undefined: as it is. */
  isArchived: boolean | undefined;
  /** The version the caller has seen; undefined: whichever. */
  version: bigint | undefined;
}

/**
 * Renames, describes, archives or restores a project. Expenses show it under its present name. What is as it was already
 * changes nothing and makes no version. Emits outlay.ledger.project.updated.v1, or archived or restored where that
 * changes. Once per idempotency key.
 *
 * Throws not_found `project_not_found`, precondition_failed `version_mismatch`, conflict `name_taken`, forbidden
 * `plan_limit_reached` for one that is restored, or gets a name under which an import is to book more than there is room for, invalid `idempotency_key_reused`.
 */
export async function updateProject(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: UpdateProject,
): Promise<ledger.UpdateProjectResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'update_project', request: command }, async () => {
      const before = await lockProject(session, command.projectId);
      if (before === undefined) throw referenceNotFound('project');
      refuseOtherVersion(before, command.version);
      const isArchived = command.isArchived ?? before.archivedAt !== undefined;
      const wanted = { ...before, ...command.changes, isArchived };
      const what = changeOf(before, isArchived);
      const isSame =
        wanted.name === before.name && wanted.code === before.code && wanted.description === before.description;
      if (what === 'updated' && isSame) return ledger.Project.toJSON(before);

      const after = await unlessNameTaken(() => storeProject(session, wanted));
      if (after === undefined) throw nameTaken('project');
      await tellOfReference(session, context, 'project', what, { before, after });
      return withWarnings(session, ledger.Project.toJSON(after));
    }),
  );
  if (command.isArchived) await awaitBookings(database, context, 'projects', command.projectId);
  return { project: ledger.Project.fromJSON(answer), replayed, warnings: warningsIn(answer) };
}
