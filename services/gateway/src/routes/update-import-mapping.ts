import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import {
  importMappingBody,
  importMappingBodyExample,
  importMappingChanges,
  importMappingExample,
  importMappingSchema,
  renderImportMapping,
  toMappingRules,
} from '../schemas/import-mapping.ts';

export const updateImportMapping = changeBy(
  {
    operationId: 'updateImportMapping',
    method: 'patch',
    summary: 'Change name or rules of a mapping',
    description:
      'What is left out stays; `mapping` is replaced as a whole. Imports that are under way go on as they began.',
  },
  importMappingChanges,
  { name: importMappingBodyExample.name },
);

/** The same with all of it. */
export const replaceImportMapping = changeBy(
  {
    operationId: 'replaceImportMapping',
    method: 'put',
    summary: 'Replace a mapping',
    description: 'All that can be changed of it. Imports that are under way go on as they began.',
  },
  importMappingBody,
  importMappingBodyExample,
);

function changeBy(
  form: Pick<Route, 'operationId' | 'method' | 'summary' | 'description'>,
  body: typeof importMappingChanges | typeof importMappingBody,
  bodyExample: z.input<typeof importMappingChanges>,
) {
  return defineRoute({
    ...form,
    path: '/import-mappings/{id}',
    tags: ['Imports'],
    access: access.ledger.updateImportMapping,
    ifMatch: true,
    notFound: 'import_mapping_not_found',
    request: { params: idParams, body, bodyExample: bodyExample as z.input<typeof body> },
    responses: {
      200: {
        description: 'The mapping as it is now.',
        schema: importMappingSchema,
        example: { ...importMappingExample, version: 2 },
        etag: true,
      },
    },
    errors: ['name_taken'],
    async handle({ context, params, body: given, ifMatch, services }) {
      const { mapping, replayed } = await services.ledger.updateImportMapping(context, {
        mappingId: params.id,
        name: given.name ?? '',
        rules: given.mapping && toMappingRules(given.mapping),
        version: ifMatch,
      });
      return { status: 200, body: renderImportMapping(mapping), version: mapping?.version, replayed };
    },
  });
}
