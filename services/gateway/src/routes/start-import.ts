import { access, type ledger } from '@outlay/contracts';
import { invalid } from '@outlay/platform';
import { z } from 'zod';
import { targetMaxLength } from '../http/check-request.ts';
import { defineRoute } from '../http/define-route.ts';
import { parseJson } from '../http/read-json.ts';
import { mappingMaxLength, openUpload, type Upload, uploadMaxBytes } from '../http/read-upload.ts';
import { validate } from '../http/validate.ts';
import { name, present } from '../schemas/common.ts';
import { importExample, importSchema, renderImport } from '../schemas/import.ts';
import {
  type ImportMappingRules,
  importMappingRules,
  mappingRulesExample,
  toMappingRules,
} from '../schemas/import-mapping.ts';
import { toUploadParts } from '../upload-parts.ts';

const deadlineMs = 120_000;

const mappingText = z.string().max(targetMaxLength);

/** The rules within their JSON text; what is wrong with them is told by the names they have there. */
function readMapping(given: string): ImportMappingRules {
  let rules: unknown;
  try {
    rules = parseJson(Buffer.from(given));
  } catch {
    throw invalid('mapping', 'invalid_json', 'must be JSON');
  }
  return validate(z.strictObject({ mapping: importMappingRules }), { mapping: rules }).mapping;
}

const csv = 'TRANS DATE;MERCHANT NAME;ORIGINAL GROSS AMT\n03/01/17;DRAFTSMAN LTD;125.50\n';

const ofx = `OFXHEADER:100
DATA:OFXSGML
VERSION:102
ENCODING:UTF-8

<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR<CCACCTFROM><ACCTID>1234</CCACCTFROM><BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20250115<TRNAMT>-125.50<FITID>2025011501<NAME>DRAFTSMAN LTD</STMTTRN>
</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>
`;

const camt = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Ntry><Amt Ccy="EUR">125.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2025-01-15</Dt></BookgDt>
<AcctSvcrRef>2025011500001</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Draftsman Ltd</Nm></Cdtr></RltdPties>
</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>
`;

export const startImport = defineRoute({
  operationId: 'startImport',
  method: 'post',
  path: '/imports',
  summary: 'Import a file of expenses',
  description:
    'Takes a CSV file as it is, or a statement in OFX or CAMT.053: delimiter, header, encoding and date format are recognised; ' +
    'categories, projects and accounts are made from its columns. `mapping` says what is not recognised as it should be. ' +
    `At most ${uploadMaxBytes / 1024 / 1024} MB. The rows are read in the background: poll the address in \`Location\`. The ` +
    'same file again adds nothing, however it is read; rows that were refused or skipped come in with a better mapping. What a ' +
    'member brings without an account and without an id of its source is apart from what colleagues bring. With `dry_run` nothing is booked: the import ends as `previewed`, with the fate that each ' +
    'row would have, and can be committed for a day. Of one tenant 20 wait or are under way at once; more are refused as ' +
    '`too_many_imports`: try again when some are done. So are dry runs beyond 50 previews that are kept: commit ' +
    'or delete some.',
  tags: ['Imports'],
  access: access.ledger.startImport,
  deadlineMs,
  request: {
    query: z.strictObject({
      file_name: name(255).optional().meta({ description: 'What to call a file sent as text/csv.' }),
      dry_run: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: 'Whether to look at the rows and book nothing.' }),
      mapping: mappingText.optional().meta({
        description:
          'How to read the file: ImportMappingRules as JSON text. In a form it may be the field `mapping`, before the file, ' +
          `of at most ${mappingMaxLength / 1024} kB.`,
        examples: [JSON.stringify(mappingRulesExample)],
      }),
      mapping_id: z.uuid().optional().meta({ description: 'A saved mapping; what `mapping` says goes before it.' }),
    }),
    upload: {
      description: 'The file, or a form with the file in the field `file`.',
      content: {
        'text/csv': { schema: { type: 'string' }, example: csv },
        'application/x-ofx': { schema: { type: 'string', format: 'binary' }, example: ofx },
        'application/xml': { schema: { type: 'string', format: 'binary' }, example: camt },
        'text/xml': { schema: { type: 'string', format: 'binary' }, example: camt },
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: {
              mapping: { type: 'string', description: 'ImportMappingRules as JSON text; before the file.' },
              file: { type: 'string', format: 'binary' },
            },
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
  errors: [
    'import_mapping_not_found',
    'upload_malformed',
    'body_too_large',
    'media_type_unsupported',
    'request_timeout',
    'too_many_imports',
    'imports_busy',
    'imports_not_ready',
    'tenant_unknown',
  ],
  async handle({ context, query, request, services }) {
    const upload = await openUpload(request, query.file_name);
    const given = query.mapping ?? upload.mapping;
    const described = {
      dryRun: query.dry_run === 'true',
      mapping: given === undefined ? undefined : toMappingRules(readMapping(given)),
      mappingId: query.mapping_id ?? '',
    };
    const answer = await services.ledger.startImport(context, toParts(upload, described), { deadlineMs });
    const started = present(answer.import, 'an import');
    return {
      status: 202,
      body: renderImport(started),
      location: `/api/v1/imports/${started.id}`,
      replayed: answer.replayed,
    };
  },
});

async function* toParts(
  upload: Upload,
  described: Omit<ledger.ImportFile, 'name' | 'contentType'>,
): AsyncGenerator<ledger.StartImportRequest> {
  yield { part: { $case: 'file', value: { name: upload.name, contentType: upload.contentType, ...described } } };
  yield* toUploadParts(upload.chunks);
}
