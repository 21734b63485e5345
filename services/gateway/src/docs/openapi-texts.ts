import { idempotencyKeyRules } from '../http/idempotency-key.ts';

/** The prose of the OpenAPI document: what holds for all operations. */
export const apiDescription = `
Record what a company spends, import it, and read it back as figures.

# Signing in

\`POST /api/v1/auth/register\` makes a tenant and its owner, \`POST /api/v1/auth/login\` answers an access token
(an hour) and a refresh token (30 days). Send the access token as \`Authorization: Bearer ...\`.

# Tenants

A token is for one tenant. \`X-Tenant-Id\` (its id or subdomain), or the subdomain of the host, choose it at log-in;
where they are sent with a token they must agree with it (403 \`tenant_mismatch\`). A tenant that does not exist is 404
\`tenant_not_found\`. What belongs to another tenant is 404, as if it did not exist.

# Money

Decimal text with a currency: \`"amount": "125.50", "currency": "EUR"\`. JSON numbers are refused, and so are more
decimals than the currency has. Refunds are negative. An amount is at most 1,000,000,000,000,000 of the currency's smallest
units: 10000000000000.00 EUR. The export of the journal alone speaks of minor units, as it is they that are hashed.

# Dates

\`expense_date\` is a date of the calendar without a zone; instants are UTC.

# Lists

They are paged: \`limit\` (50, at most 200) and \`cursor\`; the answer is \`{"data": [...], "pagination": {...}}\`. Go on with
\`pagination.next_cursor\` until it is null, with the same filters and order: with others a cursor is refused (422,
\`cursor_invalid\` on \`cursor\`). Pages do not shift when entries are added.

# Trying again

Give each write an \`Idempotency-Key\` of your own making. The same key with the same request has one effect and
gets the first answer again, with \`Idempotent-Replayed: true\`; with another request it is 422 \`idempotency_key_reused\`.
The same is a body with the same fields and values, in whatever order; a field that is null is another one than a field that is left
out, though they mean the same, and so is \`"125.5"\` than \`"125.50"\`.
On 429 and 503 wait for \`Retry-After\` seconds. A write without a key whose answer did not come in time is 503
\`outcome_unknown\` without \`Retry-After\`: it may have been done, so look before you send it again.

# Changing

Answers with a \`version\` carry it as \`ETag\`. Send it back as \`If-Match\` and nobody's change is lost: 412
\`version_mismatch\` says that somebody was faster.

# Bodies

JSON in UTF-8 of at most 100 kB (files for import: 20 MB). Unknown fields are refused. Unreadable JSON is 400,
another media type 415, a body that is too large 413, fields that are not valid 422 with one entry per field. A write that
takes no body takes an empty one or \`{}\`, and no fields.

# Errors

Problem documents (RFC 9457, \`application/problem+json\`) with a stable \`code\` and a \`trace_id\`. An operation lists the codes
that are its own. Whatever its code, a 503 with \`Retry-After\` says that trying again may help.

# Limits

A request counts for its tenant and for the person or the API key that makes it, one without a token for its address.
\`RateLimit-Policy\` lists the policies that apply (\`"tenant";q=600000;w=60\`: so many in so many seconds) and \`RateLimit\` what is left
under each (\`"tenant";r=599999;t=60\`). Beyond them requests are 429 \`rate_limited\`, with the policies in \`violated_policies\`. Of one
tenant 64 requests are worked on at once and 256 wait; one more is 503 \`overloaded\`. Files have places of their own: four at
once of one person or key, eight of one tenant, and each must keep coming (408 \`request_timeout\` after ten seconds without a byte).
Exports have too: two at once of one person or key, four of one tenant, and each must be taken.

# Finding it again

\`X-Request-Id\` is taken over if you send one, and always returned: it is in our logs. So is
\`X-Correlation-Id\`, your name for an undertaking of several requests, 8 to 128 letters, digits and \`._:-\`; it is also the
\`correlationid\` of every event that the requests bring about. Where you send none, the request's id stands for it.
\`traceparent\` (W3C) is followed.

# From code

Operations come with samples for curl (\`OUTLAY\` is where the platform is, \`TOKEN\` an access token) and for the TypeScript
client in \`packages/client\`, which is made of this document. \`/api/postman.json\` is a collection for Postman.

# Leniency

A trailing slash is accepted everywhere. Answers to reads are compressed if you accept that (\`br\`, \`gzip\`).
`.trim();

/** What operations are grouped by, in the order of the document. */
export const tags = [
  { name: 'Sign-in', description: 'Sessions and who holds them.' },
  { name: 'People', description: 'The person behind the token.' },
  { name: 'Credentials', description: 'How people prove who they are: password, address, second factor.' },
  { name: 'Tenant', description: 'The company and its settings.' },
  { name: 'Security', description: 'How people sign in, and what has touched their safety.' },
  { name: 'Members', description: 'Who belongs to the tenant, and as what.' },
  { name: 'Invitations', description: 'Who is asked to.' },
  { name: 'API keys', description: 'What machines act with.' },
  { name: 'Plans', description: 'What a tenant may use.' },
  { name: 'Categories', description: 'What expenses are for.' },
  { name: 'Accounts', description: 'What expenses are paid from.' },
  { name: 'Projects', description: 'Whom or what expenses are made for.' },
  { name: 'Exchange rates', description: 'What foreign amounts are booked at.' },
  { name: 'Expenses', description: 'Money that was spent, or came back.' },
  { name: 'Imports', description: 'Files of expenses.' },
  { name: 'Reports', description: 'Figures.' },
  { name: 'Notifications', description: 'What left the platform by itself.' },
  { name: 'Platform', description: 'For those who run it.' },
  { name: 'Developer', description: 'For those who write clients.' },
];

/**
 * The headers that several operations take. Without examples: Swagger UI would fill them in, and the second try would meet
 * the key of the first.
 */
export const parameters = {
  TenantId: {
    name: 'X-Tenant-Id',
    in: 'header',
    required: false,
    description: 'The tenant, by id or subdomain such as `acme`. With a token it must be that of the token.',
    schema: { type: 'string' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A key of your own making, such as a UUID, of 1 to 255 printable ASCII characters without blanks. A write that is ' +
      'sent again under its key has no second effect.',
    schema: { type: 'string', ...idempotencyKeyRules },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The one ETag that you have seen, such as `"1"`. Without it, or with `*`, any version will do.',
    schema: { type: 'string' },
  },
} as const;

/** The headers of answers. */
export const responseHeaders = {
  RequestId: { description: 'Under which the request is logged.', schema: { type: 'string' } },
  CorrelationId: { description: 'What you called it, or the request id.', schema: { type: 'string' } },
  RateLimit: {
    description: 'What is left under each policy, and the seconds until it is full again.',
    schema: { type: 'string' },
    example: '"tenant";r=599999;t=60, "user";r=299999;t=60',
  },
  RateLimitPolicy: {
    description: 'The policies that apply: requests in so many seconds.',
    schema: { type: 'string' },
    example: '"tenant";q=600000;w=60, "user";q=300000;w=60',
  },
  ETag: { description: 'The version, for If-Match.', schema: { type: 'string' }, example: '"1"' },
  Location: { description: 'Where it is found from now on.', schema: { type: 'string' } },
  ContentDisposition: { description: 'The name for the file that it is saved as.', schema: { type: 'string' } },
  IdempotentReplayed: {
    description: '`true` where this is the answer to an earlier request with the same key.',
    schema: { type: 'string', enum: ['true'] },
  },
  RetryAfter: { description: 'Seconds to wait.', schema: { type: 'integer' } },
} as const;
