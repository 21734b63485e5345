import type { ledger } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { openUpload, type Upload, uploadMaxBytes } from '../http/read-upload.ts';
import { optionalText, present } from '../schemas/common.ts';
import { importExample, importSchema, renderImport } from '../schemas/import.ts';

const deadlineMs = 120_000;

const csv = 'TRANS DATE;MERCHANT NAME;ORIGINAL GROSS AMT\n03/01/17;DRAFTSMAN LTD;125.50\n';

export const startImport = defineRoute({
  operationId: 'startImport',
  method: 'post',
  path: '/imports',
  summary: 'Import a file of expenses',
  description:
    'Takes a CSV file as it is: delimiter, header, encoding and date format are recognised; categories, projects and ' +
    `accounts are made from its columns. At most ${uploadMaxBytes / 1024 / 1024} MB. The rows are read in the background: ` +
    'poll the address in `Location`. The same file again adds nothing.',
  tags: ['Imports'],
  auth: 'tenant',
  roles: ['owner', 'admin', 'member'],
  deadlineMs,
  request: {
    query: z.strictObject({
      file_name: optionalText(255).min(1).optional().meta({ description: 'What to call a file sent as text/csv.' }),
    }),
    upload: {
      description: 'The file, or a form with the file in the field `file`.',
      content: {
        'text/csv': { schema: { type: 'string' }, example: csv },
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: { file: { type: 'string', format: 'binary' } },
            required: ['file'],
            additionalProperties: false,
          },
        },
      },
    },
  },
  responses: {
    202: {
      description: 'The file has arrived and is being read.',
      schema: importSchema,
      example: { ...importExample, status: 'processing', rows_done: 0, imported: 0, refused: 0, finished_at: null },
      location: true,
    },
  },
  errors: ['upload_malformed', 'body_too_large', 'media_type_unsupported', 'request_timeout'],
  async handle({ context, query, request, services }) {
    const upload = await openUpload(request, query.file_name);
    const answer = await services.ledger.startImport(context, toParts(upload), { deadlineMs });
    const started = present(answer.import, 'an import');
    return {
      status: 202,
      body: renderImport(started),
      location: `/api/v1/imports/${started.id}`,
      replayed: answer.replayed,
    };
  },
});

/** The last part says that the file is whole: to the ledger, an upload that we broke off looks like one that ended. */
async function* toParts(upload: Upload): AsyncGenerator<ledger.StartImportRequest> {
  yield { part: { $case: 'file', value: { name: upload.name, contentType: upload.contentType } } };
  let size = 0;
  for await (const value of upload.chunks) {
    size += value.length;
    yield { part: { $case: 'chunk', value } };
  }
  yield { part: { $case: 'end', value: { size: BigInt(size) } } };
}
