import { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { conflict, idempotent, newId, recordAudit, type TenantContext } from '@outlay/platform';
import type { LedgerDependencies } from './dependencies.ts';

/**
 * Makes a project. Emits outlay.ledger.project.created.v1. Once per idempotency key.
 * Throws conflict `name_taken`, invalid `idempotency_key_reused`.
 */
export async function createProject(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: { name: string },
): Promise<ledger.CreateProjectResponse> {
  const { tenantId } = context;
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_project', request: command }, async () => {
      const [project] = await session.prisma.project.createManyAndReturn({
        data: [{ tenantId, id: newId(), name: command.name }],
        skipDuplicates: true,
      });
      if (project === undefined) throw conflict('name_taken', 'There is a project of this name');
      const after = ledger.Project.toJSON(project);
      await recordAudit(session, context, {
        action: 'project.created',
        entity: 'project',
        entityId: project.id,
        after,
      });
      await enqueueEvents(session, context, [
        {
          type: 'outlay.ledger.project.created.v1',
          tenantId,
          subject: project.id,
          aggregateVersion: project.version,
          data: { project },
        },
      ]);
      return after;
    }),
  );
  return { project: ledger.Project.fromJSON(answer), replayed };
}
