import type { ledger } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import { listed, listValues, type NamedPage, type Page, type ReferenceFilter, toPage } from './reference-rows.ts';

interface ProjectRow {
  id: string;
  name: string;
  version: bigint;
  created_at: Date;
  code: string;
  description: string;
  archived_at: Date | null;
}

const columns = `
  project.id, project.name, project.version, project.created_at, project.code, project.description, project.archived_at`;

const toProject = (row: ProjectRow): ledger.Project => ({
  id: row.id,
  name: row.name,
  version: row.version,
  createdAt: row.created_at,
  code: row.code,
  description: row.description,
  archivedAt: row.archived_at ?? undefined,
});

/** One project, archived or not. */
export async function findProject(session: Session, projectId: string): Promise<ledger.Project | undefined> {
  const { rows } = await session.query<ProjectRow>(findStatement, [session.tenantId, projectId]);
  return rows[0] && toProject(rows[0]);
}

/** A project that nobody else can change until the transaction ends. */
export async function lockProject(session: Session, projectId: string): Promise<ledger.Project | undefined> {
  const { rows } = await session.query<ProjectRow>(lockStatement, [session.tenantId, projectId]);
  return rows[0] && toProject(rows[0]);
}

export async function listProjects(
  session: Session,
  filter: ReferenceFilter,
  page: NamedPage,
): Promise<Page<ledger.Project>> {
  const { rows } = await session.query<ProjectRow>(listStatement, [session.tenantId, ...listValues(filter, page)]);
  return toPage(rows.map(toProject), page);
}

/** Inserts a project; undefined where its name is taken. */
export async function insertProject(
  session: Session,
  project: { id: string; name: string; code: string; description: string },
): Promise<ledger.Project | undefined> {
  const { rows } = await session.query<ProjectRow>(insertStatement, [
    session.tenantId,
    project.id,
    project.name,
    project.code,
    project.description,
  ]);
  return rows[0] && toProject(rows[0]);
}

/** Stores what a locked project is to be, as its next version. */
export async function updateProject(
  session: Session,
  project: { id: string; name: string; code: string; description: string; isArchived: boolean },
): Promise<ledger.Project> {
  const { rows } = await session.query<ProjectRow>(updateStatement, [
    session.tenantId,
    project.id,
    project.name,
    project.code,
    project.description,
    project.isArchived,
  ]);
  if (rows[0] === undefined) throw new Error('A locked project is gone');
  return toProject(rows[0]);
}

const findStatement = {
  name: 'find_project',
  text: `select ${columns} from projects as project where project.tenant_id = $1 and project.id = $2`,
};

const lockStatement = { name: 'lock_project', text: `${findStatement.text} for no key update` };

const listStatement = {
  name: 'list_projects',
  text: `
select ${columns}
from projects as project
${listed('project', "concat_ws(' ', project.name, project.code)")}
order by project.name, project.id
limit $4`,
};

const insertStatement = {
  name: 'insert_project',
  text: `
insert into projects as project (tenant_id, id, name, code, description)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, name) where archived_at is null do nothing
returning ${columns}`,
};

const updateStatement = {
  name: 'update_project',
  text: `
update projects as project
set name = $3, code = $4, description = $5, archived_at = case when $6 then coalesce(project.archived_at, now()) end,
  version = project.version + 1
where project.tenant_id = $1 and project.id = $2
returning ${columns}`,
};
