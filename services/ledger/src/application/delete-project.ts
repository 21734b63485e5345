import type { ledger } from '@outlay/contracts';
import { idempotent, type TenantContext } from '@outlay/platform';
import { awaitBookings } from '../store/await-bookings.ts';
import { lockProject, updateProject } from '../store/projects.ts';
import { deleteUnlessReferredTo } from '../store/reference-rows.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { referenceNotFound, refuseOtherVersion } from './reference-errors.ts';
import { tellOfReference } from './tell-of-reference.ts';

/**
 * Removes a project that nothing refers to, and archives one that something does; `archived` says which. Emits
 * outlay.ledger.project.deleted.v1 or archived.v1; one that is archived already and must stay is left as it is. Once per
 * idempotency key.
 *
 * Throws not_found `project_not_found`, precondition_failed `version_mismatch`, invalid `idempotency_key_reused`.
 */
export async function deleteProject(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: { projectId: string; version: bigint | undefined },
): Promise<ledger.DeleteProjectResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'delete_project', request: command }, async () => {
      const before = await lockProject(session, command.projectId);
      if (before === undefined) throw referenceNotFound('project');
      refuseOtherVersion(before, command.version);
      if (await deleteUnlessReferredTo(session, 'projects', before.id)) {
        const after = { ...before, version: before.version + 1n };
        await tellOfReference(session, context, 'project', 'deleted', { before, after });
        return { archived: false };
      }
      if (before.archivedAt === undefined) {
        const after = await updateProject(session, { ...before, isArchived: true });
        await tellOfReference(session, context, 'project', 'archived', { before, after });
      }
      return { archived: true };
    }),
  );
  if (answer.archived) await awaitBookings(database, context, 'projects', command.projectId);
  return { ...answer, replayed };
}
