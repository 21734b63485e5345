import { ledger } from '@outlay/contracts';
import { idempotent, newId, type TenantContext } from '@outlay/platform';
import { warningsIn, withWarnings } from '../store/plan-limits.ts';
import { insertProject } from '../store/projects.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { nameTaken } from './reference-errors.ts';
import { tellOfReference } from './tell-of-reference.ts';

export interface CreateProject {
  name: string;
  code: string;
  description: string;
}

/**
 * Makes a project; names are taken by what is not archived. Emits outlay.ledger.project.created.v1. Once per idempotency key.
 * Throws conflict `name_taken`, forbidden `plan_limit_reached`, invalid `idempotency_key_reused`, and what
 * TenantBooks.ensure throws.
 */
export async function createProject(
  { database, tenants }: LedgerDependencies,
  context: TenantContext,
  command: CreateProject,
): Promise<ledger.CreateProjectResponse> {
  await tenants.ensure(context);
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'create_project', request: command }, async () => {
      const project = await insertProject(session, { id: newId(), ...command });
      if (project === undefined) throw nameTaken('project');
      await tellOfReference(session, context, 'project', 'created', { after: project });
      return withWarnings(session, ledger.Project.toJSON(project));
    }),
  );
  return { project: ledger.Project.fromJSON(answer), replayed, warnings: warningsIn(answer) };
}
