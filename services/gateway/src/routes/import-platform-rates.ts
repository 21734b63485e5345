import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { openXml, uploadMaxBytes } from '../http/read-upload.ts';
import { rateImportExample, rateImportSchema, renderRateImport } from '../schemas/exchange-rate.ts';
import { toUploadParts } from '../upload-parts.ts';

const deadlineMs = 120_000;

const example = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <Cube>
    <Cube time="2025-01-15">
      <Cube currency="USD" rate="1.0300"/>
    </Cube>
  </Cube>
</gesmes:Envelope>
`;

export const importPlatformRates = defineRoute({
  operationId: 'importPlatformRates',
  method: 'post',
  path: '/admin/exchange-rates/imports',
  summary: "Import the European Central Bank's reference rates",
  description:
    'Takes `eurofxref-daily.xml`, `eurofxref-hist-90d.xml` or `eurofxref-hist.xml`, for all tenants. At most ' +
    `${uploadMaxBytes / 1024 / 1024} MB, all of it or nothing. The same file again adds nothing. A rate that differs from what ` +
    'is known becomes a newer revision, and what was booked at it is restated in the background.',
  tags: ['Platform'],
  access: access.ledger.importPlatformRates,
  deadlineMs,
  request: {
    upload: {
      description: 'The file as it was published.',
      content: {
        'application/xml': { schema: { type: 'string' }, example },
        'text/xml': { schema: { type: 'string' }, example },
      },
    },
  },
  responses: {
    200: { description: 'What it has brought.', schema: rateImportSchema, example: rateImportExample },
  },
  errors: ['upload_malformed', 'body_too_large', 'media_type_unsupported', 'request_timeout'],
  async handle({ context, request, services }) {
    const parts = toUploadParts(openXml(request));
    const answer = await services.ledger.importPlatformRates(context, parts, { deadlineMs });
    return { status: 200, body: renderRateImport(answer), replayed: answer.replayed };
  },
});
