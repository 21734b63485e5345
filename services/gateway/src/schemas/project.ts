import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import {
  instant,
  isNoPatch,
  isPatch,
  name,
  optionalName,
  optionalText,
  pageOf,
  present,
  renderInstant,
  renderOptionalInstant,
  uuid,
  version,
  warnings,
} from './common.ts';
import { archived, archivedAt, referenceQuery } from './reference.ts';

export const projectSchema = z
  .strictObject({
    id: uuid,
    name: z.string(),
    code: z.string().nullable().meta({ description: 'What it is called elsewhere, such as a cost centre.' }),
    description: z.string().nullable(),
    archived_at: archivedAt,
    version,
    created_at: instant,
  })
  .meta({ id: 'Project', description: 'Whom or what expenses are made for.' });

/** What a command answers that has made or changed it. */
export const changedProjectSchema = projectSchema
  .extend({ warnings })
  .meta({ id: 'ChangedProject', description: 'A project as it is now, with what there is to say of the change.' });

export const projectPage = pageOf('ProjectPage', projectSchema);

export const projectQuery = z.strictObject({
  ...referenceQuery,
  text: referenceQuery.text.meta({ description: 'Part of the name or the code, whatever its case.' }),
});

const fields = {
  name: name(200),
  code: optionalName(32).nullable().optional(),
  description: optionalText(2_000).nullable().optional(),
};

/** All of a project: what POST makes, and what PUT leaves. */
export const projectBody = z.strictObject(fields).meta({ id: 'ProjectInput' });

/** Some of it: what PATCH changes. Null empties. */
export const projectPatchBody = z
  .strictObject({ ...fields, archived })
  .partial()
  .refine(isPatch, isNoPatch)
  .meta({ id: 'ProjectPatch', description: 'What is left out stays as it is; null empties.' });

export const allProjectFields = ['name', 'code', 'description'];

export const projectExample: z.input<typeof projectSchema> = {
  id: '0197a3c0-3333-7000-8000-000000000001',
  name: 'Website',
  code: 'WEB-1',
  description: 'The new shop',
  archived_at: null,
  version: 1,
  created_at: '2025-01-10T09:00:00.000Z',
};

export const projectBodyExample: z.input<typeof projectBody> = {
  name: 'Website',
  code: 'WEB-1',
  description: 'The new shop',
};

/** What a client says of a project, as the ledger takes it: empty text is nothing. */
export const toProjectInput = (body: Partial<z.output<typeof projectBody>>): ledger.ProjectInput => ({
  name: body.name ?? '',
  code: body.code ?? '',
  description: body.description ?? '',
});

export function renderProject(given: ledger.Project | undefined): z.input<typeof projectSchema> {
  const project = present(given, 'a project');
  return {
    id: project.id,
    name: project.name,
    code: project.code || null,
    description: project.description || null,
    archived_at: renderOptionalInstant(project.archivedAt),
    version: Number(project.version),
    created_at: renderInstant(project.createdAt),
  };
}
