import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { present } from '../schemas/common.ts';
import {
  importMappingBody,
  importMappingBodyExample,
  importMappingExample,
  importMappingSchema,
  renderImportMapping,
  toMappingRules,
} from '../schemas/import-mapping.ts';

export const createImportMapping = defineRoute({
  operationId: 'createImportMapping',
  method: 'post',
  path: '/import-mappings',
  summary: 'Keep how files are to be read',
  description: 'Name it in `mapping_id` of an import. `format` of an import can be kept as it is, or corrected.',
  tags: ['Imports'],
  access: access.ledger.createImportMapping,
  request: { body: importMappingBody, bodyExample: importMappingBodyExample },
  responses: {
    201: {
      description: 'The mapping.',
      schema: importMappingSchema,
      example: importMappingExample,
      etag: true,
      location: true,
    },
  },
  errors: ['name_taken'],
  async handle({ context, body, services }) {
    const { mapping, replayed } = await services.ledger.createImportMapping(context, {
      name: body.name,
      rules: toMappingRules(body.mapping),
    });
    const saved = present(mapping, 'a mapping');
    return {
      status: 201,
      body: renderImportMapping(saved),
      version: saved.version,
      location: `/api/v1/import-mappings/${saved.id}`,
      replayed,
    };
  },
});
