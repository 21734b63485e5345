import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { pageQuery } from '../schemas/common.ts';
import { hash } from '../schemas/journal-head.ts';
import { renderVerification, verificationExample, verificationSchema } from '../schemas/journal-verification.ts';

const deadlineMs = 25_000;

const sequence = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be that of a seal')
  .optional();
const hashOfHead = hash.optional().meta({ description: 'Of the same head.' });

export const verifyJournal = defineRoute({
  operationId: 'verifyJournal',
  method: 'get',
  path: '/ledger/verification',
  summary: 'Hold the books against their seals',
  description:
    'Every journal entry is sealed, about a second after it is booked and later behind a large import, in a chain that is ' +
    'signed outside the database: `unsealed` says how many wait. ' +
    'This looks whether anything was changed, lost, put in or moved since, be it by somebody with the database in their ' +
    'hands, and names it. So are the entries of the audit trail, in a chain of their own. Then it looks whether each expense ' +
    'is what its entry in the journal says: amounts, rate, date, ' +
    'category, account, and whether it is reversed; and the rest of it, as titles, projects and tags, what the audit trail ' +
    'says. Then whether each account shows the opening balance that its entry says: amount, currency and date; and whether ' +
    "categories, accounts, projects, the tenant's rates and import mappings are what the audit trail says. A large journal takes " +
    'several requests: go on with `next_cursor` until it is null. Of one tenant two are worked on at once; more are 503 ' +
    '`overloaded`. With ' +
    '`sequence` and `hash` of a head kept from earlier, and `audit_sequence` and `audit_hash` of one of the audit trail, what ' +
    'was cut off since is found too.',
  tags: ['Reports'],
  access: access.ledger.verifyJournal,
  deadlineMs,
  request: {
    query: z.strictObject({
      ...{ sequence: sequence.meta({ description: 'Of a head kept from earlier.' }), hash: hashOfHead },
      audit_sequence: sequence.meta({ description: 'Of a head of the audit trail kept from earlier.' }),
      audit_hash: hashOfHead,
      cursor: pageQuery.cursor.meta({ description: 'Where to go on: `next_cursor` of the answer before.' }),
    }),
  },
  responses: {
    200: { description: 'What was found.', schema: verificationSchema, example: verificationExample },
  },
  async handle({ context, query, services }) {
    const found = await services.ledger.verifyJournal(
      context,
      {
        ...{ cursor: query.cursor ?? '', sequence: BigInt(query.sequence ?? 0), hash: query.hash ?? '' },
        ...{ auditSequence: BigInt(query.audit_sequence ?? 0), auditHash: query.audit_hash ?? '' },
      },
      { deadlineMs, isIdempotent: true },
    );
    return { status: 200, body: renderVerification(found) };
  },
});
