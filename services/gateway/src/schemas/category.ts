import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import {
  instant,
  isNoPatch,
  isPatch,
  name,
  optionalText,
  pageOf,
  present,
  renderInstant,
  renderOptionalInstant,
  uuid,
  version,
} from './common.ts';
import { archived, archivedAt, referenceQuery } from './reference.ts';

export const categorySchema = z
  .strictObject({
    id: uuid,
    name: z.string(),
    description: z.string().nullable(),
    parent_id: uuid.nullable().meta({ description: 'The category above it; null at the top.' }),
    path: z.array(z.string()).meta({ description: 'The names from the top of the tree down to its own.' }),
    depth: z.int().min(1).max(8).meta({ description: 'How many names that are: 1 at the top.' }),
    archived_at: archivedAt,
    version,
    created_at: instant,
  })
  .meta({ id: 'Category', description: 'What expenses are for.' });

export const categoryPage = pageOf('CategoryPage', categorySchema);

export const categoryQuery = z.strictObject({
  ...referenceQuery,
  parent_id: z
    .union([uuid, z.literal('none')])
    .optional()
    .meta({ description: 'Only those directly beneath this one; `none`: only those at the top.' }),
});

const fields = {
  name: name(200).meta({
    description:
      'Taken once in the whole tenant among those that are not archived, wherever in the tree: files of purchases find ' +
      'categories by their names alone.',
  }),
  description: optionalText(2_000).nullable().optional(),
  parent_id: uuid.nullable().optional().meta({ description: 'The category above it; null, or left out: at the top.' }),
};

/** All of a category: what POST makes, and what PUT leaves. */
export const categoryBody = z.strictObject(fields).meta({ id: 'CategoryInput' });

/** Some of it: what PATCH changes. Null empties, and brings to the top. */
export const categoryPatchBody = z
  .strictObject({ ...fields, archived })
  .partial()
  .refine(isPatch, isNoPatch)
  .meta({ id: 'CategoryPatch', description: 'What is left out stays as it is; null empties, and brings to the top.' });

export const allCategoryFields = ['name', 'description', 'parent_id'];

export const categoryExample: z.input<typeof categorySchema> = {
  id: '0197a3c0-1111-7000-8000-000000000001',
  name: 'Software',
  description: 'Licences and subscriptions',
  parent_id: '0197a3c0-1111-7000-8000-000000000002',
  path: ['Tools', 'Software'],
  depth: 2,
  archived_at: null,
  version: 1,
  created_at: '2025-01-10T09:00:00.000Z',
};

export const categoryBodyExample: z.input<typeof categoryBody> = {
  name: 'Software',
  description: 'Licences and subscriptions',
  parent_id: '0197a3c0-1111-7000-8000-000000000002',
};

/** What a client says of a category, as the ledger takes it: empty text is nothing. */
export const toCategoryInput = (body: Partial<z.output<typeof categoryBody>>): ledger.CategoryInput => ({
  name: body.name ?? '',
  description: body.description ?? '',
  parentId: body.parent_id ?? '',
});

export function renderCategory(given: ledger.Category | undefined): z.input<typeof categorySchema> {
  const category = present(given, 'a category');
  return {
    id: category.id,
    name: category.name,
    description: category.description || null,
    parent_id: category.parentId || null,
    path: category.path,
    depth: category.depth,
    archived_at: renderOptionalInstant(category.archivedAt),
    version: Number(category.version),
    created_at: renderInstant(category.createdAt),
  };
}
